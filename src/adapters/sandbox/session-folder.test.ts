import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { serverMark } from './server-mark.ts'
import { foldersLeftBehind, makeSessionFolder, removeSessionFolder } from './session-folder.ts'

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
  vi.stubEnv('TMPDIR', folder)
  return () => rm(folder, { recursive: true })
})
afterEach(() => void vi.unstubAllEnvs())

test('a folder is for one session, and for nobody else', async () => {
  const [first, second] = [await makeSessionFolder('kind'), await makeSessionFolder('kind')]
  expect(first).not.toBe(second)
  expect(dirname(first)).toBe(tmpdir())
  expect((await stat(first)).mode & 0o777).toBe(0o700)
  await removeSessionFolder(first)
  expect(await readdir(tmpdir())).toEqual([basename(second)])
})

test.skipIf(process.getuid?.() !== 0)('another user can be its owner', async () => {
  const { uid, gid } = await stat(await makeSessionFolder('kind', { uid: 60_001 }))
  expect([uid, gid]).toEqual([60_001, 60_001])
})

test('those of servers that are gone are left behind, and no others', async () => {
  await makeSessionFolder('kind')
  const gone = serverMark().replace(/-\d+-\d+$/, '-4194304-1')
  const names = [`reprise-kind.${gone}.abc`, `reprise-other.${gone}.abc`, `reprise-kind.${gone}`, 'reprise-kind.x.abc']
  for (const name of names) await mkdir(join(tmpdir(), name))
  expect(await foldersLeftBehind('kind')).toEqual([join(tmpdir(), `reprise-kind.${gone}.abc`)])
})
