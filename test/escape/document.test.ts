import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tablesOfAttempts } from './table.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/sandbox.md'), 'utf8')
const tables = Object.entries(tablesOfAttempts())

test.each(tables)('docs/sandbox.md tells what is attempted: %s', (subject, rows) => {
  const [, section = ''] = page.split(`\n### ${subject}\n`)
  const [before = ''] = section.split(/\n#/)
  const lines = before.split('\n').filter((line) => line.startsWith('|'))
  const cells = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('&#124;', '|')),
  )
  expect(cells.slice(2)).toEqual(rows)
})

test('docs/sandbox.md tells how many attempts there are, and no name stands for two', () => {
  const names = tables.flatMap(([, rows]) => rows.map(([name]) => name))
  expect(new Set(names).size).toBe(names.length)
  expect(page).toContain(`${names.length} attempts`)
})
