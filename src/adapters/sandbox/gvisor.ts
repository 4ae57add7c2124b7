import { basename, join } from 'node:path'
import type { Log } from '../../lib/log.ts'
import { SandboxFailure, type SandboxLimits } from '../../ports/sandbox.ts'
import { type Cgroups, openCgroups } from './cgroup.ts'
import type { ConfinedProcess, Confinement } from './confinement.ts'
import { driverArguments } from './driver-source.ts'
import { sandboxData } from './environment.ts'
import { findProgram } from './find-program.ts'
import { asUser, createHostUsers } from './host-user.ts'
import { writeBundle } from './oci-bundle.ts'
import { onceFound } from './once-found.ts'
import { findPythonHome, type PythonHome } from './python-home.ts'
import { choosePlatform, type Platform } from './runsc-platform.ts'
import { endRunsc } from './runsc-processes.ts'
import { foldersLeftBehind, makeSessionFolder, removeSessionFolder } from './session-folder.ts'
import { makeGroup } from './session-group.ts'
import { spawnConfined } from './spawn-confined.ts'

interface Options {
  /** Full path of the interpreter. */
  readonly python: string
  readonly limits: SandboxLimits
  readonly log: Log
  /** Arguments of the interpreter; the driver's, unless something else is to run. */
  readonly program?: readonly string[]
  /** Where control groups are found; there may be none. */
  readonly findCgroups?: () => Promise<Cgroups>
}

/**
 * A session is a gVisor sandbox: `runsc`, started as a user without rights ("rootless"), with a kernel of its own that
 * has no network, a read-only system and sized folders in memory.
 */
export function createGvisor(options: Options): Confinement {
  const { python, limits, log, findCgroups = openCgroups } = options
  const { program = driverArguments({ limits, data: sandboxData }) } = options
  const users = createHostUsers()
  const lookAround = onceFound(inspect)

  async function inspect(): Promise<Machine> {
    const parts = { ...findPrograms(), home: await findPythonHome(python), cgroups: await findCgroups() }
    const platform = await choosePlatform((tried, args) => startOne({ ...parts, platform: tried }, args))
    return { ...parts, platform }
  }

  async function startOne(parts: Machine, args: readonly string[]): Promise<ConfinedProcess> {
    await using made = new AsyncDisposableStack()
    const user = made.adopt(users.take(), (taken) => taken?.release())
    const folder = made.adopt(await makeSessionFolder('gvisor', user), removeSessionFolder)
    if (parts.cgroups.controllers.size === 0) made.defer(() => endRunsc([folder]))
    const group = made.adopt(await makeGroup(parts.cgroups, groupLimits(limits)), (created) => created.remove())
    await writeBundle(folder, { home: parts.home, args, limits })
    return spawnConfined({
      command: group.joined(asUser(user, parts.setpriv, runscCommand(parts, folder))),
      watched: parts.cgroups.controllers.has('memory') ? undefined : { ...groupLimits(limits), inMemoryFiles: true },
      ranOutOfMemory: async (code) => (code ?? killedCode) === killedCode && (await group.memoryKills()) > 0,
      owned: made.move(),
      log,
    })
  }

  async function tidy(): Promise<void> {
    const left = await foldersLeftBehind('gvisor')
    await endRunsc(left)
    await (await findCgroups()).tidy()
    await Promise.all(left.map(removeSessionFolder))
    if (left.length > 0) log.info({ sessions: left.length }, 'sandboxes of a killed server removed')
  }
  return { kind: 'gvisor', tidy, start: async () => startOne(await lookAround(), program) }
}

/** How `runsc` ends when what it ran was killed; null when it was killed itself. */
const killedCode = 128 + 9

/** What a session needs of this machine. */
interface Machine {
  readonly runsc: string
  readonly setpriv: string
  readonly home: PythonHome
  readonly cgroups: Cgroups
  readonly platform: Platform
}

function findPrograms() {
  if (process.platform !== 'linux') throw new SandboxFailure(`gVisor needs Linux, and this is ${process.platform}`)
  const runsc = findProgram('runsc')
  if (!runsc) throw new SandboxFailure('gVisor is not installed: its program is runsc, as is the package in Debian')
  const setpriv = findProgram('setpriv')
  if (!setpriv) throw new SandboxFailure('setpriv, which is part of util-linux, is not installed')
  return { runsc, setpriv }
}

/** The name has to be nobody else's on this machine: there is a socket of that name. */
function runscCommand({ runsc, platform }: Machine, folder: string): string[] {
  const options = ['--rootless', '--ignore-cgroups', `--platform=${platform}`, '--network=none', '--overlay2=none']
  return [runsc, `--root=${join(folder, 'state')}`, ...options, 'run', `--bundle=${folder}`, basename(folder)]
}

/**
 * Files lie in memory too, and count as such. gVisor's own kernel counts as well: its threads, a process of the host's for
 * each inside, and memory for all of them. How many are inside, it bounds itself.
 */
function groupLimits({ memoryMegabytes, diskMegabytes, processes, cores }: SandboxLimits) {
  const kernelMegabytes = 256
  return {
    memoryMegabytes: memoryMegabytes + diskMegabytes + kernelMegabytes,
    processes: Math.max(1024, processes * 16),
    cores,
  }
}
