import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { createBubblewrap } from './bubblewrap.ts'
import { findPythonHome } from './python-home.ts'

const parts = await ensureSandbox()

let folder = ''
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'python-home-')))
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** An interpreter that says this of itself, and nothing else. */
function fakePython(answer: string): string {
  const path = join(folder, 'python3')
  writeFileSync(path, `#!/bin/sh\ncat <<'end'\n${answer}\nend\n`, { mode: 0o755 })
  return path
}

describe('an interpreter', () => {
  test('has to be named in full', async () => {
    await expect(findPythonHome('python3')).rejects.toThrow('python3 has to be a full path')
  })

  test('has to be there', async () => {
    await expect(findPythonHome(join(folder, 'none'))).rejects.toThrow(`There is no Python at ${folder}/none`)
  })

  test('has to be a Python', async () => {
    await expect(findPythonHome(fakePython('hello'))).rejects.toThrow('is not a Python that answers')
  })

  test('has to be new enough', async () => {
    const old = fakePython(JSON.stringify({ version: [3, 6], prefixes: [], parts: [], files: [], there: [] }))
    await expect(findPythonHome(old)).rejects.toThrow('is Python 3.6; the code interpreter needs 3.9 or newer')
  })

  test('shows of a prefix that others share only what is its own', async () => {
    const python = fakePython(
      JSON.stringify({
        version: [3, 12],
        prefixes: ['/usr/local', folder],
        parts: ['/usr/local/lib', `${folder}/lib`, '/usr/lib/python3'],
        files: ['/usr/bin/env'],
        there: ['/nowhere/python3'],
      }),
    )
    expect((await findPythonHome(python)).mounts).toEqual([folder, '/usr/local/lib'])
  })
})

describe.skipIf('missing' in parts)('a Python that is there', () => {
  test('of the system needs nothing but /usr', async () => {
    expect(await findPythonHome('/usr/bin/python3')).toEqual({ executable: '/usr/bin/python3', mounts: [] })
  })

  test('may be a virtual environment, which works in a sandbox', async () => {
    const python = join(folder, 'bin/python3')
    execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', folder])
    expect(await findPythonHome(python)).toEqual({ executable: python, mounts: [folder] })

    const limits = { memoryMegabytes: 256, processes: 24, cores: 1, diskMegabytes: 32, seconds: 9, outputBytes: 9000 }
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const program = ['-I', '-c', 'import sys; print(sys.prefix, sys.executable)']
    const session = await createBubblewrap({ python, limits, log, program }).start()
    expect(await text(session.stdout)).toBe(`${folder} ${python}\n`)
    await session.gone
  })

  test('must be open to the users that sandboxes run as', async () => {
    execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', folder])
    chmodSync(folder, 0o700)
    const python = join(folder, 'bin/python3')
    await expect(findPythonHome(python, { strangers: true })).rejects.toThrow(`only its owner can look into ${folder}`)
    expect(await findPythonHome(python, { strangers: false })).toEqual({ executable: python, mounts: [folder] })
  })
})
