import type { BubblewrapDescriptors } from '../sandbox/bubblewrap-arguments.ts'
import {
  deviceFolder,
  noPrivileges,
  ownersFolder,
  ownNamespaces,
  processFolder,
  systemFolders,
} from '../sandbox/bubblewrap-system.ts'
import { asUser, createHostUsers } from '../sandbox/host-user.ts'
import { spawnBubblewrap } from '../sandbox/spawn-bubblewrap.ts'
import type { StartParser } from './parser-process.ts'

/** Programs of this machine by their paths, what a parser needs to find of the disk, and the system call filter. */
export interface WallParts {
  readonly bwrap: string
  readonly setpriv: string
  readonly files: readonly string[]
  readonly filter: Buffer
}

/**
 * Starts parsers inside bubblewrap as this server's user, in a user namespace: without network, other processes, rights,
 * or any files but the system's libraries and their own code, and with nothing that they could write to.
 */
export function createWall({ bwrap, files, filter }: WallParts): StartParser {
  return (command, { memoryMegabytes }) =>
    spawnBubblewrap({
      command: (descriptors) => [bwrap, ...ownNamespaces, ...wallArguments(files, descriptors), '--', ...command],
      filter,
      ...boundedTo(memoryMegabytes),
      owned: new AsyncDisposableStack(),
    })
}

/**
 * The same as root, each parser as a user of its own. It becomes this only inside: the project may lie where no other user
 * can go, and there is no way to it any more once rights are gone.
 */
export function createRootsWall({ bwrap, setpriv, files, filter }: WallParts): StartParser {
  const users = createHostUsers()
  return async (command, { memoryMegabytes }) => {
    const owned = new AsyncDisposableStack()
    const user = owned.adopt(users.take(), (taken) => taken?.release())
    const inside = asUser(user, setpriv, command)
    return spawnBubblewrap({
      command: (descriptors) => [
        bwrap,
        ...rootsNamespaces,
        ...wallArguments(files, descriptors),
        ...toBecome,
        '--',
        ...inside,
      ],
      filter,
      ...boundedTo(memoryMegabytes),
      owned,
    })
  }
}

const rootsNamespaces = '--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try'.split(' ')

/** What it takes to become somebody else, and is given up by it. */
const toBecome = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((capability) => ['--cap-add', capability])

function wallArguments(files: readonly string[], { seccomp, info, passwd, group }: BubblewrapDescriptors): string[] {
  return [
    noPrivileges,
    ['--seccomp', String(seccomp), '--info-fd', String(info)],
    systemFolders(),
    ['--dir', '/tmp'],
    ownersFolder(files),
    deviceFolder,
    // A root without rights may still write there to what belongs to root.
    [...processFolder(), '--remount-ro', '/proc'],
    ['--dir', '/etc', '--ro-bind-try', '/etc/ld.so.cache', '/etc/ld.so.cache'],
    ['--ro-bind-data', String(passwd), '/etc/passwd', '--ro-bind-data', String(group), '/etc/group'],
    ['--remount-ro', '/', '--chdir', '/'],
  ].flat()
}

/** By watching: a control group for each document would take longer to make than it takes to read most. */
function boundedTo(memoryMegabytes: number) {
  return {
    watched: { memoryMegabytes, processes: mostProcesses },
    memoryKills: async () => 0,
  }
}

/** Threads count as well: Node has about a dozen, and bubblewrap takes two processes. */
const mostProcesses = 64
