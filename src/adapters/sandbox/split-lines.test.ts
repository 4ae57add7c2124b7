import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineSplitter } from './split-lines.ts'

test('lines are whole, in whatever pieces they come', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.integer({ min: 1, max: 9 })), (texts, sizes) => {
      const lines = texts.map((text) => text.replaceAll('\n', ''))
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const taken: string[] = []
      const push = createLineSplitter(10_000, (line) => taken.push(line.toString()))
      for (let start = 0, turn = 0; start < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? bytes.length
        push(bytes.subarray(start, start + size))
        start += size
      }
      expect(taken).toEqual(lines.map((line) => Buffer.from(line).toString()))
    }),
  )
})

test('a line may have its length and no more, whether it ends or not', () => {
  const push = createLineSplitter(3, () => {})
  push(Buffer.from('123\n12'))
  push(Buffer.from('3\n'))
  expect(() => push(Buffer.from('1234\n'))).toThrow('too long')
  expect(() => createLineSplitter(3, () => {})(Buffer.from('1234'))).toThrow('too long')
})
