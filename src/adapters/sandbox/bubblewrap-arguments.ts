import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import type { SandboxLimits } from '../../ports/sandbox.ts'
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
    '--unshare-all --unshare-user --disable-userns --uid 1000 --gid 1000 --hostname sandbox'.split(' '),
    '--die-with-parent --new-session --clearenv --cap-drop ALL'.split(' '),
    ['--seccomp', String(seccomp), '--info-fd', String(info)],
    ['--ro-bind', '/usr', '/usr', ...foldersBesideUsr()],
    filesFolder(limits.diskMegabytes), // before what may lie below one of its links
    ownersFolder(home.mounts),
    deviceFolder,
    ['--proc', '/proc', ...maskedInformation()],
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

/** As they are on this machine, which is links into `/usr` on most. */
function foldersBesideUsr(): string[] {
  const there = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter((path) => existsSync(path))
  return there.flatMap(sameAsHere)
}

function sameAsHere(path: string): string[] {
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

/** Of what the machine's owner put into `/usr/local`, and of all other places, only what Python needs. */
function ownersFolder(mounts: readonly string[]): string[] {
  const [before, after] = existsSync('/usr/local')
    ? [
        ['--tmpfs', '/usr/local'],
        ['--remount-ro', '/usr/local'],
      ]
    : [[], []]
  return [...before, ...mounts.flatMap((path) => ['--ro-bind', path, path]), ...after]
}

/** No terminals, and nothing can be added: bubblewrap's own `--dev` is a folder in memory without a limit. */
const deviceFolder = [
  ...['--size', '65536', '--tmpfs', '/dev'],
  ...['null', 'zero', 'full', 'random', 'urandom'].flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
  ...['--symlink', '/proc/self/fd', '/dev/fd', '--symlink', '../mnt/shm', '/dev/shm'],
  ...['--symlink', 'fd/0', '/dev/stdin', '--symlink', 'fd/1', '/dev/stdout', '--symlink', 'fd/2', '/dev/stderr'],
  ...['--remount-ro', '/dev'],
]

/** What everyone may read in `/proc` and nobody in here needs. */
function maskedInformation(): string[] {
  const names = ['cmdline', 'config.gz', 'kallsyms', 'keys', 'key-users', 'modules', 'sched_debug', 'timer_list']
  const paths = names.map((name) => `/proc/${name}`).filter((path) => existsSync(path))
  return paths.flatMap((path) => ['--ro-bind', '/dev/null', path])
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
