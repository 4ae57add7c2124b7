import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareDataFolder, UnusableDataFolder } from './data-folder.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reprise-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('makes the folder, with those above it, once', () => {
  const path = join(root, 'deep', 'data')
  prepareDataFolder(path)
  prepareDataFolder(path)
  expect(statSync(path).isDirectory()).toBe(true)
})

test('says why a folder cannot be used, and what to do', () => {
  const path = join(root, 'file')
  writeFileSync(path, '')
  expect(() => prepareDataFolder(path)).toThrow(UnusableDataFolder)
  expect(() => prepareDataFolder(path)).toThrow(
    /^Cannot use the data folder \/.*\/file \(EEXIST: .*\): make it writable for this user, or choose another with REPRISE_DATA_DIR\.$/,
  )
})
