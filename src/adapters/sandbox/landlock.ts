import { execFile } from 'node:child_process'
import { readlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Log } from '../../lib/log.ts'
import { SandboxFailure, type SandboxLimits } from '../../ports/sandbox.ts'
import { type Cgroups, openCgroups } from './cgroup.ts'
import type { ConfinedProcess, Confinement } from './confinement.ts'
import { driverArguments } from './driver-source.ts'
import { sandboxData } from './environment.ts'
import { createHostUsers } from './host-user.ts'
import { dataFolder, landlockAbi, launcherArguments, launcherCode, makeFolders } from './landlock-session.ts'
import { onceFound } from './once-found.ts'
import { findPythonHome, type PythonHome } from './python-home.ts'
import { foldersLeftBehind, makeSessionFolder } from './session-folder.ts'
import { makeGroup } from './session-group.ts'
import { spawnConfined } from './spawn-confined.ts'
import type { Architecture } from './system-calls.ts'

interface Options {
  /** Full path of the interpreter. */
  readonly python: string
  readonly limits: SandboxLimits
  readonly log: Log
  /** Arguments of the interpreter; the driver's, unless something else is to run. */
  readonly program?: readonly string[]
  /** Where control groups are found; there may be none. */
  readonly findCgroups?: () => Promise<Cgroups>
  /** Leads each session to its own files. */
  readonly dataLink?: string
}

/**
 * For containers that forbid namespaces: Landlock's list of what may be opened, a filter for system calls, limits of
 * resources, and a user of the host for each session, for which the server has to be root. The weakest of the sandboxes:
 * the code can tell which files exist, and sees the machine's name and size. Without a control group its memory is
 * watched, as its disk always is, and can be too much for a fifth of a second; its cores are not bounded then.
 */
export function createLandlock(options: Options): Confinement {
  const { python, limits, log, findCgroups = openCgroups, dataLink = sandboxData } = options
  const users = createHostUsers()
  const lookAround = onceFound(() => inspect({ python, dataLink, findCgroups }))

  async function start(): Promise<ConfinedProcess> {
    const { architecture, home, cgroups } = await lookAround()
    await using made = new AsyncDisposableStack()
    const user = made.adopt(users.take(), (taken) => taken?.release())
    if (!user) throw needsRoot()
    const folder = made.adopt(await makeSessionFolder('landlock'), removeTree)
    await makeFolders(folder, user)
    const group = made.adopt(await makeGroup(cgroups, groupLimits(limits)), (created) => created.remove())
    const grouped = cgroups.controllers.has('memory')
    const { uid } = user
    // The driver gets the folder's own name, which stays what it is when code works elsewhere.
    const program = options.program ?? driverArguments({ limits, data: dataFolder(folder) })
    const args = launcherArguments({ architecture, home, program, limits, folder, uid, grouped })
    return spawnConfined({
      command: group.joined([home.executable, ...args]),
      lifeline: true,
      ranOutOfMemory: async (code) =>
        code === launcherCode.overMemory || (code === launcherCode.killed && (await group.memoryKills()) > 0),
      owned: made.move(),
      log,
    })
  }

  /** What ran there ended with its server: the launcher, which nothing of it can reach, saw to that. */
  async function tidy(): Promise<void> {
    await (await findCgroups()).tidy()
    const left = await foldersLeftBehind('landlock')
    await Promise.all(left.map(removeTree))
    if (left.length > 0) log.info({ sessions: left.length }, 'sandboxes of a killed server removed')
  }
  return { kind: 'landlock', start, tidy }
}

/** What a session needs of this machine. */
interface Machine {
  readonly architecture: Architecture
  readonly home: PythonHome
  readonly cgroups: Cgroups
}

async function inspect(options: Required<Pick<Options, 'python' | 'dataLink' | 'findCgroups'>>): Promise<Machine> {
  const { python, dataLink, findCgroups } = options
  const { platform, arch } = process
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new SandboxFailure(`Landlock needs Linux on x86-64 or arm64, and this is ${platform} on ${arch}`)
  }
  if (process.getuid?.() !== 0) throw needsRoot()
  await checkLink(dataLink)
  const [home, cgroups] = await Promise.all([findPythonHome(python), findCgroups()])
  await checkKernel(home)
  return { architecture: arch, home, cgroups }
}

function needsRoot() {
  return new SandboxFailure('Landlock needs a server that is root, so that each session can be another user')
}

/** Older ones know nothing of connections; the system call filter refuses those, too. */
const leastAbi = 4

async function checkKernel(home: PythonHome): Promise<void> {
  const abi = await landlockAbi(home)
  if (abi >= leastAbi) return
  const needed = `Landlock of ABI ${leastAbi} or newer is needed: Linux 6.7 with landlock among its security modules`
  throw new SandboxFailure(`${needed}; this kernel has ${abi < 0 ? 'none' : `ABI ${abi}`}`)
}

/**
 * Nothing can be mounted for one session alone, so `/mnt/data` is a link which means another folder to every process: the
 * one that it works in. Code that changes its working folder has to name its files from there.
 */
async function checkLink(dataLink: string): Promise<void> {
  const target = await readlink(dataLink).catch(() => undefined)
  if (target === workingFolder) return
  throw new SandboxFailure(
    `Landlock needs ${dataLink} to lead to the folder that a process works in: ${`as root, run \`ln -s ${workingFolder} ${dataLink}\``}`,
  )
}

const workingFolder = '/proc/self/cwd'

/** Folders deeper than a path is long are no trouble for `rm`. */
async function removeTree(folder: string): Promise<void> {
  await promisify(execFile)('/bin/rm', ['-rf', '--one-file-system', '--', folder], { env: {} })
}

/** More than the limit of data, so that most code that asks for too much meets a `MemoryError`; the launcher counts too. */
function groupLimits({ memoryMegabytes, processes, cores }: SandboxLimits) {
  return { memoryMegabytes: memoryMegabytes + 192, processes: processes + 4, cores }
}
