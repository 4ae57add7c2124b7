import type { SandboxLimits } from '../../ports/sandbox.ts'
import {
  deviceFolder,
  noPrivileges,
  ownersFolder,
  ownNamespaces,
  processFolder,
  systemFolders,
} from './bubblewrap-system.ts'
import { sandboxData, sandboxEnvironment, sandboxHome } from './environment.ts'
import type { PythonHome } from './python-home.ts'

/** Descriptors that bubblewrap reads from, and one that it writes to. */
export interface BubblewrapDescriptors {
  readonly seccomp: number
  readonly info: number
  readonly passwd: number
  readonly group: number
}

/** The options of `bwrap`, and what it starts, but for the program and its arguments. */
export function bubblewrapArguments(
  home: PythonHome,
  limits: SandboxLimits,
  { seccomp, info, passwd, group }: BubblewrapDescriptors,
): string[] {
  return [
    ownNamespaces,
    noPrivileges,
    ['--seccomp', String(seccomp), '--info-fd', String(info)],
    systemFolders(),
    filesFolder(limits.diskMegabytes), // before what may lie below one of its links
    ownersFolder(home.mounts),
    deviceFolder,
    processFolder(),
    ['--dir', '/etc', ...readable(settings)],
    ['--ro-bind-data', String(passwd), '/etc/passwd', '--ro-bind-data', String(group), '/etc/group'],
    fontCaches(),
    ['--remount-ro', '/', '--chdir', sandboxData],
    Object.entries(sandboxEnvironment({ python: home.executable, limits })).flatMap(([name, value]) => [
      '--setenv',
      name,
      value,
    ]),
    ['--', ...processLimits(limits)],
  ].flat()
}

/** Of `/etc` only what libraries look for: which of several a program is, where libraries and fonts are. */
const settings = ['/etc/alternatives', '/etc/fonts', '/etc/ld.so.cache', '/etc/matplotlibrc']

function readable(paths: readonly string[]): string[] {
  return paths.flatMap((path) => ['--ro-bind-try', path, path])
}

function fontCaches(): string[] {
  return readable(['/var/cache/fontconfig'])
}

/**
 * One file system in memory for all that can be written, so that one size bounds it; the usual places are links into it.
 */
function filesFolder(megabytes: number): string[] {
  const folders = [sandboxData, '/mnt/tmp', '/mnt/shm', '/mnt/home'].flatMap((path) => ['--dir', path])
  const links = [
    ['mnt/tmp', '/tmp'],
    ['../mnt/home', sandboxHome],
  ].flatMap(([to = '', at = '']) => ['--symlink', to, at])
  return ['--size', String(Math.floor(megabytes * 1024 ** 2)), '--tmpfs', '/mnt', ...folders, ...links]
}

/**
 * Set inside, so that they bind nobody else: there, the kernel (5.14 and newer) counts the processes of this user
 * namespace alone. The limit of data makes most code that asks for too much meet a `MemoryError` and live.
 */
function processLimits({ processes, memoryMegabytes, diskMegabytes }: SandboxLimits): string[] {
  const data = (memoryMegabytes + addressedMegabytes) * 1024 ** 2
  const rest = [`--fsize=${diskMegabytes * 1024 ** 2}`, `--nproc=${processes + 1}`, `--data=${data}`]
  return [prlimit, '--core=0', '--nofile=512', '--msgqueue=0', '--memlock=0', ...rest]
}

/** Where it is inside, too. */
export const prlimit = '/usr/bin/prlimit'

/** What pandas and matplotlib address without ever using it. */
const addressedMegabytes = 128
