import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeName } from './safe-name.ts'

test.each([
  ['data.csv', 'data.csv'],
  ['Umsätze 2024 (neu).xlsx', 'Umsätze 2024 (neu).xlsx'],
  ['数据.csv', '数据.csv'],
  ['/etc/passwd', 'passwd'],
  ['C:\\Users\\me\\report.pdf', 'report.pdf'],
  ['../../a.csv', 'a.csv'],
  ['folder/', 'folder'],
  ['..', 'file'],
  ['', 'file'],
  [' / ', 'file'],
  ['.bashrc', 'bashrc'],
  ['a\nb\0c.txt', 'a_b_c.txt'],
  ['invoice\u202Efdp.exe', 'invoice_fdp.exe'],
  ['half\ud800.txt', 'half\ufffd.txt'],
  [`${'ä'.repeat(300)}.csv`, `${'ä'.repeat(118)}.csv`],
])('%j becomes %j', (filename, name) => {
  expect(safeName(filename)).toBe(name)
})

test('any name becomes one that can stand in a folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (filename) => {
      const name = safeName(filename)
      expect(name).not.toMatch(/^\.|[/\\\p{C}]/u)
      expect(name.isWellFormed()).toBe(true)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(240)
      expect(name).not.toBe('')
      expect(safeName(name)).toBe(name)
    }),
  )
})
