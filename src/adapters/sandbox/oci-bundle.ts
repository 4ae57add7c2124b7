import { lstatSync, readlinkSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SandboxLimits } from '../../ports/sandbox.ts'
import { sandboxData, sandboxEnvironment, sandboxHome } from './environment.ts'
import type { PythonHome } from './python-home.ts'

export interface BundleOptions {
  readonly home: PythonHome
  /** What the interpreter is told. */
  readonly args: readonly string[]
  readonly limits: SandboxLimits
}

/**
 * Writes a bundle as the OCI runtime specification has it: `config.json`, and a root file system of nothing but places to
 * mount on, links, and the names of the one user.
 */
export async function writeBundle(folder: string, options: BundleOptions): Promise<void> {
  const root = join(folder, 'rootfs')
  const mounts = mountsOf(options)
  for (const { destination, source } of mounts) await layMountPoint(root, destination, source)
  for (const [at, to] of links()) await layLink(root, at, to)
  await writeFile(join(root, 'etc/passwd'), `sandbox:x:${user}:${user}::${sandboxHome}:/bin/sh\n`)
  await writeFile(join(root, 'etc/group'), `sandbox:x:${user}:\n`)
  await writeFile(join(folder, 'config.json'), JSON.stringify(runtimeConfig(options, mounts)))
}

interface Mount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

const user = 1000

/** `/usr` without what the owner of the machine put there; the folders beside it as on this machine. */
function mountsOf({ home, limits: { diskMegabytes } }: BundleOptions): Mount[] {
  const [temporary, shared] = [diskMegabytes / 8, diskMegabytes / 16]
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: [] },
    readOnly('/usr'),
    inMemory('/usr/local', 0, ['ro']),
    ...[...beside, ...settings].filter((path) => kindOf(path) === 'folder' || kindOf(path) === 'file').map(readOnly),
    inMemory('/mnt', diskMegabytes - temporary - shared),
    inMemory('/tmp', temporary), // were it a link, gVisor would mount a folder without a limit on it
    inMemory('/dev/shm', shared),
    ...home.mounts.map(readOnly),
  ]
}

const beside = ['/bin', '/sbin', '/lib', '/lib32', '/lib64']

/** Of `/etc` only what libraries look for: which of several a program is, where libraries and fonts are. */
const settings = [
  ...['/etc/alternatives', '/etc/fonts', '/etc/ld.so.cache', '/etc/matplotlibrc'],
  '/var/cache/fontconfig',
]

function readOnly(path: string): Mount {
  return { destination: path, type: 'bind', source: path, options: ['rbind', 'ro', 'nosuid', 'nodev'] }
}

/** The smallest is one page. */
function inMemory(path: string, megabytes: number, more: readonly string[] = []): Mount {
  const size = `size=${Math.max(4096, Math.floor(megabytes * 1024 ** 2))}`
  return { destination: path, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', size, ...more] }
}

/** Most of what can be written is one file system; other usual places are links into it. */
function links(): (readonly [at: string, to: string])[] {
  const system = beside.filter((path) => kindOf(path) === 'link').map((path) => [path, readlinkSync(path)] as const)
  return [...system, ['/var/tmp', temporaryFolder], [sandboxHome, '/mnt/home']]
}

function kindOf(path: string): 'file' | 'folder' | 'link' | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return undefined
  return found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'folder' : 'file'
}

async function layMountPoint(root: string, path: string, source: string): Promise<void> {
  const place = join(root, path)
  if (kindOf(source) !== 'file') await mkdir(place, { recursive: true })
  else {
    await mkdir(dirname(place), { recursive: true })
    await writeFile(place, '')
  }
}

async function layLink(root: string, at: string, to: string): Promise<void> {
  const place = join(root, at)
  await mkdir(dirname(place), { recursive: true })
  await symlink(to, place)
}

/** Where there is more room for temporary files than in `/tmp`. */
const temporaryFolder = '/mnt/tmp'

/** The folders in memory are empty at first, so those in them are made by the shell that starts the program. */
const makeFolders = `mkdir ${sandboxData} ${temporaryFolder} /mnt/home && exec "$@"`

function runtimeConfig({ home, args, limits }: BundleOptions, mounts: readonly Mount[]): object {
  const environment = { ...sandboxEnvironment({ python: home.executable, limits }), TMPDIR: temporaryFolder }
  return {
    ociVersion: '1.0.2',
    hostname: 'sandbox',
    root: { path: 'rootfs', readonly: true },
    process: {
      terminal: false,
      user: { uid: user, gid: user },
      args: ['/bin/sh', '-c', makeFolders, 'sh', home.executable, ...args],
      env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      cwd: '/mnt',
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
      rlimits: rlimits(limits),
    },
    mounts,
    linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  }
}

/**
 * The limit of addresses, of which libraries take more than of memory, makes most code that asks for too much meet a
 * `MemoryError` and live.
 */
function rlimits({ processes, diskMegabytes, memoryMegabytes }: SandboxLimits) {
  const limits = {
    NPROC: processes,
    NOFILE: 512,
    CORE: 0,
    FSIZE: diskMegabytes * 1024 ** 2,
    AS: (memoryMegabytes + 512) * 1024 ** 2,
  }
  return Object.entries(limits).map(([name, value]) => ({ type: `RLIMIT_${name}`, soft: value, hard: value }))
}
