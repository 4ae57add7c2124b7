import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
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

test('says when a file is in the way, and what to do', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  for (const path of [file, join(file, 'data')])
    expect(() => prepareDataFolder(path)).toThrow(
      new UnusableDataFolder(
        `The data folder ${path} cannot be used (${file} is a file): move it away, or choose another with REPRISE_DATA_DIR.`,
      ),
    )
})

test.runIf(existsSync('/proc/self'))('says when the file system makes no folders', () => {
  expect(() => prepareDataFolder('/proc/reprise/data')).toThrow(
    /^The data folder \/proc\/reprise\/data cannot be used \(E\w+: .*\): make it writable for this user, or choose another with REPRISE_DATA_DIR\.$/,
  )
})
