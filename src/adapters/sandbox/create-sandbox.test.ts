import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import {
  hasMatplotlib,
  hasPython,
  never,
  noLog,
  outcomeOf,
  testLimits,
} from '../../../test/support/sandbox-sessions.ts'
import { scriptedDriver } from '../../../test/support/scripted-driver.ts'
import { unconfinedPython } from '../../../test/support/unconfined-python.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import type { Confinement } from './confinement.ts'
import { createSandbox } from './create-sandbox.ts'

const limits = testLimits

/** A way to start that starts something else. */
function starting(file: string, ...args: string[]): Confinement {
  return {
    kind: 'bubblewrap',
    async start() {
      const child = spawn(file, args)
      const gone = once(child, 'exit').then(() => ({ outOfMemory: false }))
      return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, gone, kill: () => child.kill('SIGKILL') }
    },
    async tidy() {},
  }
}

test('a sandbox that does not start passes on why', async () => {
  const confinement = starting('/bin/sh', '-c', 'echo "bwrap: No permissions\nto create" >&2; exit 1')
  const opened = createSandbox({ confinement, limits, log: noLog }).open({ signal: never })
  await expect(opened).rejects.toThrow(SandboxFailure)
  await expect(opened).rejects.toThrow(
    'Python did not start in the sandbox (bubblewrap): bwrap: No permissions to create',
  )
})

test('a sandbox that says something else at first is not taken for a driver', async () => {
  const { confinement } = scriptedDriver({ answer() {}, ready: 'Welcome!\n' })
  const opened = createSandbox({ confinement, limits, log: noLog }).open({ signal: never })
  await expect(opened).rejects.toThrow(SandboxFailure)
})

test('a start can be aborted, before and while it is made', async () => {
  const sandbox = createSandbox({ confinement: starting('/bin/sleep', '60'), limits, log: noLog })
  await expect(sandbox.open({ signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early')
  const abort = new AbortController()
  const opened = sandbox.open({ signal: abort.signal })
  abort.abort(new Error('late'))
  await expect(opened).rejects.toThrow('late')
})

test('a closed sandbox has ended what it was starting, and starts nothing', async () => {
  const sandbox = createSandbox({ confinement: starting('/bin/sleep', '60'), limits, log: noLog })
  const opened = expect(sandbox.open({ signal: never })).rejects.toThrow('The sandbox is closed')
  await sandbox.close()
  await opened
  await expect(sandbox.open({ signal: never })).rejects.toThrow(SandboxFailure)
})

test('what earlier servers left is removed once', async () => {
  let tidied = 0
  const { confinement } = scriptedDriver({ answer() {} })
  const tidy = async () => void tidied++
  const sandbox = createSandbox({ confinement: { ...confinement, tidy }, limits, log: noLog })
  await Promise.all([sandbox.open({ signal: never }), sandbox.open({ signal: never })])
  expect(tidied).toBe(1)
  await sandbox.close()
})

describe.skipIf(!hasPython)('with Python', () => {
  test('sessions do not see each other, and end with their sandbox', async () => {
    const sandbox = createSandbox({ confinement: unconfinedPython({ limits }), limits, log: noLog })
    const sessions = await Promise.all([1, 2, 3].map(() => sandbox.open({ signal: never })))
    const runAll = (code: (index: number) => string) =>
      Promise.all(sessions.map((session, index) => outcomeOf(session.run(code(index), { signal: never }))))
    await runAll((index) => `x = ${index}`)
    expect((await runAll(() => 'x')).map(({ logs }) => logs)).toEqual(['0\n', '1\n', '2\n'])
    await sandbox.close()
    expect(await Promise.all(sessions.map(({ ended }) => ended))).toEqual(['closed', 'closed', 'closed'])
  })

  test.skipIf(!hasMatplotlib)('a prepared session has imported what most code needs, and bound no names', async () => {
    const confinement = unconfinedPython({ limits })
    const sandbox = createSandbox({ confinement, limits, log: noLog })
    const session = await sandbox.open({ signal: never, prepare: true })
    const code = `import sys; print([m in sys.modules for m in ("numpy", "pandas", "matplotlib.pyplot")])
print([name for name in dir() if not name.startswith("__")])
import matplotlib.pyplot as plt
plt.get_fignums()`
    const { logs, images } = await outcomeOf(session.run(code, { signal: never }))
    expect(logs).toBe("[True, True, True]\n['sys']\n[]\n")
    expect(images).toEqual([])
    await sandbox.close()
  })
})
