import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../src')

/** What the files of each folder, or a single file beside the folders, may import of ours. */
const mayImport: Record<string, readonly string[]> = {
  api: ['api'],
  lib: ['lib'],
  ports: ['ports', 'api', 'lib'],
  resources: ['resources', 'ports', 'api', 'lib'],
  jobs: ['jobs', 'ports', 'api', 'lib'],
  indexing: ['indexing', 'jobs', 'resources', 'ports', 'api', 'lib'],
  interpreter: ['interpreter', 'resources', 'ports', 'api', 'lib'],
  tools: ['tools', 'interpreter', 'resources', 'ports', 'api', 'lib'],
  runs: ['runs', 'jobs', 'tools', 'interpreter', 'resources', 'ports', 'api', 'lib'],
  http: ['http', 'application.ts', 'runs', 'resources', 'ports', 'api', 'lib'],
  adapters: ['adapters', 'ports', 'api', 'lib'],
  'options.ts': ['lib'],
  'config.ts': ['options.ts', 'ports', 'lib'],
  'application.ts': ['runs', 'tools', 'interpreter', 'indexing', 'resources', 'jobs', 'ports', 'api', 'lib'],
  'compose.ts': ['application.ts', 'http', 'adapters', 'config.ts', 'ports', 'api', 'lib'],
  'server.ts': ['compose.ts', 'config.ts', 'ports', 'api', 'lib'],
  cli: ['cli', 'server.ts', 'config.ts', 'options.ts', 'adapters', 'ports', 'lib'],
}

const files = globSync('**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))

test('every file has its place', () => {
  expect(files.length).toBeGreaterThan(50)
  expect(files.filter((file) => mayImport[placeOf(file)] === undefined)).toEqual([])
})

test('imports run in one direction', () => {
  const strays = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => !mayImport[placeOf(file)]?.includes(placeOf(imported)))
      .map((imported) => `${file} imports ${imported}`),
  )
  expect(strays).toEqual([])
})

test('imports are found, whichever way they are written', () => {
  expect(
    specifiersIn(`
      import { a } from './a.ts'
      import type { b } from "./b.ts"
      import './c.ts'
      export { d } from './d.ts'
      import {
        e,
      } from './e.ts'
      const f = await import('./f.ts')
      const g = new Worker(new URL('./g.ts', import.meta.url))
      import h from 'h'`),
  ).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts', 'h'])
})

/** The folder of a file, or the file itself where it lies beside the folders. */
function placeOf(file: string): string {
  return file.split('/')[0] ?? file
}

function importsOf(file: string): string[] {
  return specifiersIn(readFileSync(join(root, file), 'utf8'))
    .filter((specifier) => specifier.startsWith('.') && specifier.endsWith('.ts'))
    .map((specifier) => relative(root, join(root, dirname(file), specifier)))
}

function specifiersIn(source: string): string[] {
  const anImport = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)(['"])([^'"\n]+)\1/g
  return [...source.matchAll(anImport)].map((match) => match[2] ?? '')
}
