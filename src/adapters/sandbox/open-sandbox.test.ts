import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { noLog, outcomeOf } from '../../../test/support/sandbox-sessions.ts'
import { unconfinedPython } from '../../../test/support/unconfined-python.ts'
import { openSandbox } from './open-sandbox.ts'
import { probe } from './probe.ts'

const parts = await ensureSandbox()

const limits = { memoryMegabytes: 256, processes: 24, cores: 1, diskMegabytes: 32, seconds: 10, outputBytes: 100_000 }
const options = { python: undefined, image: 'python:3', limits, log: noLog }
const open = (changes: Partial<Parameters<typeof openSandbox>[0]>) =>
  openSandbox({ choice: 'auto', ...options, signal: AbortSignal.timeout(15_000), ...changes })

afterEach(() => vi.unstubAllEnvs())

test('a sandbox that is off is none', async () => {
  expect(await open({ choice: 'off' })).toEqual({
    sandbox: null,
    reason: 'REPRISE_SANDBOX is off',
    advice: 'Set it to auto.',
  })
})

test('where nothing is installed, it says what to install', async () => {
  vi.stubEnv('PATH', '/nowhere')
  const opened = await open({ choice: 'bubblewrap' })
  expect(opened).toMatchObject({ sandbox: null, reason: 'bubblewrap: bubblewrap is not installed' })
  expect(opened).toHaveProperty('advice', expect.stringContaining('`apt-get install bubblewrap python3 python3-numpy'))
})

describe.skipIf('missing' in parts)('with bubblewrap', () => {
  test('one that holds is opened, and says what it is', async () => {
    const signal = AbortSignal.timeout(15_000)
    const { sandbox, ...told } = await open({ signal })
    expect(told).toEqual({ label: expect.stringMatching(/^bubblewrap with Python 3\.[\d.]+(?:, \w+ [\d.]+)*$/) })
    const session = await sandbox?.open({ signal })
    const outcome = session && (await outcomeOf(session.run('6 * 7', { signal })))
    expect(outcome?.logs).toBe('42\n')
    await sandbox?.close()
  })

  test('one that cannot start is not replaced by a weaker one, and what to do is said', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'open-sandbox-'))
    try {
      chmodSync(folder, 0o755)
      // What bubblewrap says where user namespaces are forbidden.
      const complaint = 'bwrap: No permissions to create new namespace, likely because the kernel does not allow it'
      writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\necho '${complaint}' >&2\nexit 1\n`, { mode: 0o755 })
      vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
      const opened = await open({ choice: 'bubblewrap' })
      expect(opened).toMatchObject({ sandbox: null, reason: expect.stringContaining(complaint) })
      expect(opened).toHaveProperty('advice', expect.stringContaining('forbids user namespaces'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('one that lets things through is not used', async () => {
    const probed = await probe({
      create: (limits) => unconfinedPython({ limits }),
      ...options,
      signal: AbortSignal.timeout(15_000),
    })
    expect(probed).toEqual({
      ok: false,
      reason: expect.stringMatching(
        /^it does not hold: .*code can read \/.*\/bait.*code reaches this machine over the network/,
      ),
    })
  })

  test('whoever waits no longer is answered at once', async () => {
    const reason = new Error('no longer')
    await expect(open({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
