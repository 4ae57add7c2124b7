import { expect, test } from 'vitest'
import { countTokens, modelOf, scriptOf, sendingTimes, tokenText } from './script.ts'

test('a script survives being the name of a model', () => {
  expect(scriptOf(modelOf({ tokens: 2000, rate: 50 }))).toEqual({ tokens: 2000, rate: 50 })
  for (const script of [
    { tokens: 8, rate: 0, calling: 3 },
    { tokens: 8, rate: 0, gated: true },
    { tokens: 8, rate: 0, calling: 3, gated: true },
  ]) {
    expect(scriptOf(modelOf(script))).toEqual(script)
  }
  expect(() => scriptOf('gpt-4o')).toThrow("knows no model 'gpt-4o'")
})

test('tokens are counted when they run from 0 without gap, repeat or a broken end', () => {
  expect(countTokens([0, 1, 2].map((index) => tokenText(index)).join(''))).toBe(3)
  expect(countTokens(tokenText(0, 123) + tokenText(1, 456))).toBe(2)
  expect(['', '0 2 ', '0 1 1 ', '0 1'].map(countTokens)).toEqual([0, -1, -1, -1])
})

test('sending times are found in a piece of several tokens', () => {
  expect(sendingTimes(tokenText(7, 123) + tokenText(8, 456))).toEqual([123, 456])
  expect(sendingTimes(tokenText(7))).toEqual([])
})
