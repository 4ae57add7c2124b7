import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readModelsFile } from '../src/adapters/model/models-file.ts'

const root = join(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root })

test.each(pages)('the links in %s lead somewhere', (page) => {
  const text = readFileSync(join(root, page), 'utf8')
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '')
  expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([])
})

test('the example in docs/models.md is a models file', async () => {
  const [, example = ''] = /```yaml\n([^`]+)```/.exec(readFileSync(join(root, 'docs/models.md'), 'utf8')) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'reprise-'))
  const path = join(folder, 'models.yaml')
  writeFileSync(path, example)
  const mappings = await readModelsFile(path, { env: { OPENAI_API_KEY: 'k' } })
  rmSync(folder, { recursive: true })
  expect(mappings.map(({ pattern }) => pattern)).toEqual(['gpt-4o', 'o3-mini', 'gpt-4*', 'small', 'test-*'])
})
