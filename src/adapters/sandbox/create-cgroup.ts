import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupBase } from './cgroup-base.ts'
import { countOfMemoryKills, type GroupLimits, memoryEventsFile, settingsOf } from './cgroup-limits.ts'

/** The limits of one sandbox. */
export interface Cgroup {
  /**
   * `command`, started by a shell that joins the group first, which takes the rights of this process. Should the whole
   * machine run out of memory, it is the first to go.
   */
  joined(command: readonly string[]): string[]
  /** How many of its processes the kernel killed because the group had no memory left. */
  memoryKills(): Promise<number>
  /** Kills everything in it and removes it; settles when that is done, after five seconds at most. */
  remove(): Promise<void>
}

/** A group of this name below each base. Rejects with the file system's error, and leaves nothing then. */
export async function createCgroup(bases: readonly GroupBase[], name: string, limits: GroupLimits): Promise<Cgroup> {
  const folders = bases.map((base) => ({ ...base, folder: join(base.folder, name) }))
  async function remove() {
    await Promise.all(folders.map(({ folder }) => removeGroup(folder)))
  }
  try {
    for (const folder of folders) await makeFolder(folder, limits)
  } catch (error) {
    await remove()
    throw error
  }
  const memory = folders.find(({ controllers }) => controllers.includes('memory'))
  return {
    remove,
    joined: (command) => joinedTo(folders, command),
    async memoryKills() {
      if (!memory) return 0
      const events = await readFile(join(memory.folder, memoryEventsFile(memory.version)), 'utf8').catch(() => '')
      return countOfMemoryKills(events) // none when somebody else removed it
    },
  }
}

async function makeFolder({ folder, version, controllers }: GroupBase, limits: GroupLimits): Promise<void> {
  await mkdir(folder)
  for (const { file, value, optional } of controllers.flatMap((name) => settingsOf(name, version, limits))) {
    await writeFile(join(folder, file), value).catch((error: NodeJS.ErrnoException) => {
      if (!optional) throw error
    })
  }
}

/** `0` stands for whoever writes it. Where a container hides `oom_score_adj`, the order is the kernel's. */
const joinFirst =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 > "$1" || exit 126; shift; n=$((n - 1)); done; echo 1000 2> /dev/null > /proc/self/oom_score_adj; exec "$@"'

function joinedTo(folders: readonly GroupBase[], command: readonly string[]): string[] {
  const files = folders.map(({ folder }) => join(folder, 'cgroup.procs'))
  return ['/bin/sh', '-c', joinFirst, 'sh', String(files.length), ...files, ...command]
}

const patienceMs = 5000

/** Ends what is in a group and removes it, which can be done a moment after the last of its processes died. */
export async function removeGroup(folder: string): Promise<void> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await sleep(2)) {
    const error = await rmdir(folder).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    )
    if (error === undefined || error.code === 'ENOENT') return
    if (error.code !== 'EBUSY') return
    for (const pid of await processesIn(folder)) killProcess(pid)
  }
}

/** Those that this process can see. */
export async function processesIn(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0)
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it is gone already
  }
}
