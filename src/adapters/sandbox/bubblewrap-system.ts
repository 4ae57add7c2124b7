import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'

// What is alike wherever we start bubblewrap: nothing of it depends on what runs inside.

/** Namespaces of its own, by a user namespace in which no further one can be made; nobody's user in there. */
export const ownNamespaces =
  '--unshare-all --unshare-user --disable-userns --uid 1000 --gid 1000 --hostname sandbox'.split(' ')

/** It ends with us, finds nothing of our environment, and has no rights. */
export const noPrivileges = '--die-with-parent --new-session --clearenv --cap-drop ALL'.split(' ')

/** The system's programs and libraries, as they are on this machine: beside `/usr`, links into it on most. */
export function systemFolders(): string[] {
  const there = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter((path) => existsSync(path))
  return ['--ro-bind', '/usr', '/usr', ...there.flatMap(sameAsHere)]
}

function sameAsHere(path: string): string[] {
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

/**
 * Of what the machine's owner put into `/usr/local`, and of all other places, only `mounts`. The folders above them are
 * made first: bubblewrap by itself makes them so that no other user may pass.
 */
export function ownersFolder(mounts: readonly string[]): string[] {
  const [before, after] = existsSync('/usr/local')
    ? [
        ['--tmpfs', '/usr/local'],
        ['--remount-ro', '/usr/local'],
      ]
    : [[], []]
  return [...before, ...mounts.flatMap((path) => ['--dir', dirname(path), '--ro-bind', path, path]), ...after]
}

/** No terminals, and nothing can be added: bubblewrap's own `--dev` is a folder in memory without a limit. */
export const deviceFolder = [
  ...['--size', '65536', '--tmpfs', '/dev'],
  ...['null', 'zero', 'full', 'random', 'urandom'].flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
  ...['--symlink', '/proc/self/fd', '/dev/fd', '--symlink', '../mnt/shm', '/dev/shm'],
  ...['--symlink', 'fd/0', '/dev/stdin', '--symlink', 'fd/1', '/dev/stdout', '--symlink', 'fd/2', '/dev/stderr'],
  ...['--remount-ro', '/dev'],
]

/** Its own processes, without what everyone may read in `/proc` and nobody in here needs. */
export function processFolder(): string[] {
  const names = ['cmdline', 'config.gz', 'kallsyms', 'keys', 'key-users', 'modules', 'sched_debug', 'timer_list']
  const paths = names.map((name) => `/proc/${name}`).filter((path) => existsSync(path))
  return ['--proc', '/proc', ...paths.flatMap((path) => ['--ro-bind', '/dev/null', path])]
}
