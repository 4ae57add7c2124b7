import { parseEnv } from 'node:util'

export type PackageManager = 'apt' | 'dnf' | 'pacman' | 'apk'

/** How a system installs packages; what is run is a program and its arguments. */
interface Installer {
  readonly install: readonly string[]
  /** What keeps it from asking. */
  readonly unasked: readonly string[]
  /** What has to run before it, so that it knows its packages. */
  readonly update: readonly string[] | null
}

export const installers: Readonly<Record<PackageManager, Installer>> = {
  apt: {
    install: ['apt-get', 'install', '--no-install-recommends'],
    unasked: ['--yes'],
    update: ['apt-get', 'update'],
  },
  dnf: { install: ['dnf', 'install'], unasked: ['--assumeyes'], update: null },
  pacman: { install: ['pacman', '-S', '--needed'], unasked: ['--noconfirm'], update: null },
  apk: { install: ['apk', 'add'], unasked: [], update: null },
}

/** By the ids of distributions, and of those that others are like. */
const managers = new Map<string, PackageManager>([
  ['debian', 'apt'],
  ['ubuntu', 'apt'],
  ['fedora', 'dnf'],
  ['rhel', 'dnf'],
  ['centos', 'dnf'],
  ['arch', 'pacman'],
  ['alpine', 'apk'],
])

export interface Distribution {
  /** As it calls itself. */
  readonly name: string
  /** Null where we do not know what its packages are called. */
  readonly manager: PackageManager | null
}

/** `osRelease` is the text of `/etc/os-release`, empty where there is none. */
export function distributionOf(osRelease: string): Distribution {
  const { ID = '', ID_LIKE = '', PRETTY_NAME } = parseEnv(osRelease)
  const known = [ID, ...ID_LIKE.split(' ')].find((id) => managers.has(id)) ?? ''
  return { name: PRETTY_NAME || ID || 'this system', manager: managers.get(known) ?? null }
}
