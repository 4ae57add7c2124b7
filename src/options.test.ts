import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allOptions, flagOf, type Option } from './options.ts'

test('docs/configuration.md has this table', () => {
  const page = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8')
  const table = ['| Variable | Flag | Default | What it does |', '| --- | --- | --- | --- |', ...allOptions.map(row)]
  expect(withoutPadding(page)).toContain(withoutPadding(table.join('\n')))
})

/** A table as it is before a formatter aligns its columns. */
function withoutPadding(markdown: string): string {
  return markdown.replace(/ +/g, ' ').replace(/-{3,}/g, '---')
}

function row(option: Option): string {
  const flag = `--${flagOf(option)}${option.operand === undefined ? '' : ` ${option.operand}`}`
  const fallback = option.default === undefined ? '' : `\`${option.default}\``
  return `| \`${option.env}\` | \`${flag}\` | ${fallback} | ${option.meaning} |`
}
