import { existsSync } from 'node:fs'
import type { Log } from '../../lib/log.ts'
import { SandboxFailure, type SandboxLimits } from '../../ports/sandbox.ts'
import { type BubblewrapDescriptors, bubblewrapArguments, prlimit } from './bubblewrap-arguments.ts'
import { type Cgroups, openCgroups } from './cgroup.ts'
import type { GroupLimits } from './cgroup-limits.ts'
import type { ConfinedProcess, Confinement } from './confinement.ts'
import { driverArguments } from './driver-source.ts'
import { sandboxData } from './environment.ts'
import { findProgram } from './find-program.ts'
import { asUser, createHostUsers, type HostUsers } from './host-user.ts'
import { onceFound } from './once-found.ts'
import { pinned } from './pinned.ts'
import { findPythonHome, type PythonHome } from './python-home.ts'
import { seccompProgram } from './seccomp.ts'
import { makeGroup } from './session-group.ts'
import { spawnBubblewrap } from './spawn-bubblewrap.ts'
import { canWatchTrees, type TreeBounds } from './watchdog.ts'

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
 * Namespaces without network, a read-only system, no capabilities and a system call filter by `bwrap`; a control group
 * for memory, processes and processor time, or a watchdog in its place; a user of the host for each session, as root.
 */
export function createBubblewrap(options: Options): Confinement {
  const { python, limits, log, findCgroups = openCgroups } = options
  const { program = driverArguments({ limits, data: sandboxData }) } = options
  const users = createHostUsers()
  const lookAround = onceFound(() => inspect({ python, log, findCgroups }))
  return {
    kind: 'bubblewrap',
    tidy: async () => (await lookAround()).cgroups.tidy(),
    start: async () => startOne({ machine: await lookAround(), users, limits, program }),
  }
}

/** What a session needs of this machine. */
interface Machine {
  readonly bwrap: string
  readonly setpriv: string
  readonly filter: Buffer
  readonly home: PythonHome
  readonly cgroups: Cgroups
}

async function inspect({
  python,
  log,
  findCgroups,
}: Pick<Required<Options>, 'python' | 'log' | 'findCgroups'>): Promise<Machine> {
  const { platform, arch } = process
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new SandboxFailure(`bubblewrap needs Linux on x86-64 or arm64, and this is ${platform} on ${arch}`)
  }
  const bwrap = findProgram('bwrap')
  if (!bwrap) throw new SandboxFailure('bubblewrap is not installed')
  const setpriv = findProgram('setpriv')
  if (!setpriv || !existsSync(prlimit))
    throw new SandboxFailure('util-linux, of which it needs parts, is not installed')
  const [home, cgroups] = await Promise.all([findPythonHome(python), findCgroups()])
  if (!groupBounds(cgroups) && !(await canWatchTrees())) {
    throw new SandboxFailure('no control group can be made here, and the kernel does not say enough to do without')
  }
  log.debug({ bwrap, control_groups: [...cgroups.controllers], python_mounts: home.mounts }, 'bubblewrap found')
  return { bwrap, setpriv, filter: seccompProgram(arch), home, cgroups }
}

async function startOne({ machine, users, limits, program }: Start): Promise<ConfinedProcess> {
  const { bwrap, setpriv, filter, home, cgroups } = machine
  await using made = new AsyncDisposableStack()
  const user = made.adopt(users.take(), (taken) => taken?.release())
  const group = made.adopt(await makeGroup(cgroups, groupLimits(limits)), (created) => created.remove())
  const python = [home.executable, ...program]
  const command = (descriptors: BubblewrapDescriptors) => {
    const confined = asUser(user, setpriv, [bwrap, ...bubblewrapArguments(home, limits, descriptors), ...python])
    return group.joined(cgroups.controllers.has('cpu') ? confined : pinned(limits.cores, confined))
  }
  const watched = groupBounds(cgroups) ? undefined : watchedBounds(limits)
  const { memoryKills } = group
  const owned = made.move()
  return spawnBubblewrap({ command, filter, watched, memoryKills, owned }).catch(async (error) => {
    await owned.disposeAsync()
    throw error
  })
}

interface Start {
  readonly machine: Machine
  readonly users: HostUsers
  readonly limits: SandboxLimits
  readonly program: readonly string[]
}

function groupBounds({ controllers }: Cgroups): boolean {
  return controllers.has('memory') && controllers.has('pids')
}

/** Two processes are bubblewrap's own. Pages of files are bounded by their file system, but not what it keeps of each file. */
function watchedBounds({ memoryMegabytes, processes }: SandboxLimits): TreeBounds {
  return { memoryMegabytes, processes: processes + 2, files: { folder: '/mnt', most: 100_000 } }
}

/** Files lie in memory too, and count as such; two processes are bubblewrap's own. */
function groupLimits({ memoryMegabytes, diskMegabytes, processes, cores }: SandboxLimits): GroupLimits {
  return { memoryMegabytes: memoryMegabytes + diskMegabytes, processes: processes + 2, cores }
}
