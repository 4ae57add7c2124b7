import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfinedProcess, Confinement } from '../../src/adapters/sandbox/confinement.ts'
import { driverArguments } from '../../src/adapters/sandbox/driver-source.ts'
import type { SandboxLimits } from '../../src/ports/sandbox.ts'

/** Where a session's files are, outside. */
export interface UnconfinedPython extends Confinement {
  readonly folders: string[]
}

/**
 * No confinement at all: plain Python in a folder of its own. For tests that run code of ours, of what is the same in
 * all sandboxes.
 */
export function unconfinedPython({ limits }: { limits: SandboxLimits }): UnconfinedPython {
  const folders: string[] = []

  async function start(): Promise<ConfinedProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'unconfined-python-'))
    folders.push(folder)
    const child = spawn('/usr/bin/python3', driverArguments({ limits, data: folder }), {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', HOME: folder, MPLCONFIGDIR: join(tmpdir(), 'unconfined-python-matplotlib') },
      detached: true, // leads a group, which is killed as a whole
    })
    const { stdin, stdout, stderr, pid } = child
    if (pid === undefined) throw new Error('/usr/bin/python3 is not there')
    const group = -pid
    const gone = new Promise<{ outOfMemory: boolean }>((resolve) => {
      child.on('exit', async () => {
        kill()
        await rm(folder, { recursive: true, force: true })
        resolve({ outOfMemory: false })
      })
    })

    function kill(): void {
      try {
        process.kill(group, 'SIGKILL')
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error // all gone already
      }
    }
    return { stdin, stdout, stderr, gone, kill }
  }
  return { kind: 'landlock', start, tidy: async () => {}, folders }
}
