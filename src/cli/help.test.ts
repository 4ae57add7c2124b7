import { expect, test } from 'vitest'
import { allOptions, flagOf } from '../options.ts'
import { helpText } from './help.ts'

const text = helpText('1.2.3')

test('names every flag and variable once, with its default', () => {
  for (const option of allOptions) {
    const [line, ...others] = text.split('\n').filter((line) => line.startsWith(`  --${flagOf(option)} `))
    expect(others).toEqual([])
    expect(line).toContain(option.env)
    if (option.default !== undefined) expect(line).toMatch(`default ${option.default}`)
  }
})

test('fits a terminal and holds no Markdown', () => {
  expect(text).not.toMatch(/`|\]\(/)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  expect(text.replace(/\s+/g, ' ')).toContain('see models (docs/models.md).')
})
