import { readFileSync } from 'node:fs'

/** A user of the host that nobody else is, while it is taken. */
export interface HostUser {
  readonly uid: number
  release(): void
}

/** Gives each session a user of its own. Only root can; `take` is undefined for others, who stay who they are. */
export interface HostUsers {
  take(): HostUser | undefined
}

/** A range that no distribution, container engine or systemd gives away (systemd.io/UIDS-AND-GIDS), and all of it. */
const wide = { first: 1_879_048_192, servers: 65_536, each: 4096 }

/** Where only the ids of a container are mapped: below `nobody`, above what systemd gives away. */
const narrow = { first: 60_600, servers: 8, each: 64 }

export function createHostUsers({ uid = process.getuid?.(), map = ownUidMap() } = {}): HostUsers {
  const range = isMapped(map, wide.first + wide.servers * wide.each - 1) ? wide : narrow
  const first = range.first + (process.pid % range.servers) * range.each
  const taken = new Set<number>()
  let last = Math.floor(Math.random() * range.each) // another one may be giving away the same

  /** Not the one that was just given back, so that what belongs to a session never meets the next. */
  function nextFree(): number {
    for (let step = 1; step <= range.each; step++) {
      const place = (last + step) % range.each
      if (!taken.has(place)) return place
    }
    throw new RangeError(`All ${range.each} users for sandboxes are taken`)
  }
  function take(): HostUser {
    const place = nextFree()
    last = place
    taken.add(place)
    return { uid: first + place, release: () => void taken.delete(place) }
  }
  return { take: uid === 0 ? take : () => undefined }
}

/** `command` as that user, without groups, capabilities or a way to any; either way it dies with this process. */
export function asUser(user: HostUser | undefined, setpriv: string, command: readonly string[]): string[] {
  const none = ['--no-new-privs', '--inh-caps=-all', '--pdeathsig', 'KILL']
  if (!user) return [setpriv, ...none, ...command]
  const id = String(user.uid)
  return [setpriv, '--reuid', id, '--regid', id, '--clear-groups', '--bounding-set=-all', ...none, ...command]
}

function ownUidMap(): string {
  try {
    return readFileSync('/proc/self/uid_map', 'utf8')
  } catch {
    return ''
  }
}

/** See user_namespaces(7): lines of `first outside count`. */
function isMapped(map: string, uid: number): boolean {
  return map.split('\n').some((line) => {
    const [first = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number)
    return uid >= first && uid < first + count
  })
}
