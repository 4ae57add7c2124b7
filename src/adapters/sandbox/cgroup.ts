import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Controller, findGroupBases, type GroupBase } from './cgroup-base.ts'
import { delegatedBase } from './cgroup-delegation.ts'
import type { GroupLimits } from './cgroup-limits.ts'
import { type Cgroup, createCgroup, removeGroup } from './create-cgroup.ts'
import { isOfDeadServer, serverMark } from './server-mark.ts'

/** Where control groups can be made. */
export interface Cgroups {
  /** What a group bounds here; empty where no group can be made. */
  readonly controllers: ReadonlySet<Controller>
  /** A fresh group. Rejects with the file system's error. */
  create(limits: GroupLimits): Promise<Cgroup>
  /** Ends what runs in groups of servers that were killed, and removes those groups. */
  tidy(): Promise<void>
}

/** Finds out by making a group, and removing it. `proc` is `/proc/self`, or stands for it. */
export async function openCgroups({ proc }: { proc?: string } = {}): Promise<Cgroups> {
  const bases: GroupBase[] = []
  for (const base of await findGroupBases(proc)) {
    const usable = await delegatedBase(base)
    if (await holds(usable)) bases.push(usable)
  }
  return {
    controllers: new Set(bases.flatMap(({ controllers }) => controllers)),
    create: (limits) => createCgroup(bases, newName(), limits),
    tidy: () => removeLeftBehind(bases),
  }
}

const prefix = 'reprise'

function newName(): string {
  return `${prefix}.${serverMark()}.${randomBytes(6).toString('hex')}`
}

async function holds(base: GroupBase): Promise<boolean> {
  if (base.controllers.length === 0) return false
  try {
    const group = await createCgroup([base], newName(), { memoryMegabytes: 64, processes: 16, cores: 1 })
    const [file = '', ...args] = group.joined(['/bin/sh', '-c', ''])
    await promisify(execFile)(file, args).finally(group.remove)
    return true
  } catch {
    return false // read-only, or not ours to make or to join: no groups here
  }
}

async function removeLeftBehind(bases: readonly GroupBase[]): Promise<void> {
  for (const { folder } of bases) {
    const left = (await readdir(folder)).filter(isLeftBehind)
    await Promise.all(left.map((name) => removeGroup(join(folder, name))))
  }
}

function isLeftBehind(name: string): boolean {
  const [first, mark, rest] = name.split('.')
  return first === prefix && mark !== undefined && rest !== undefined && isOfDeadServer(mark)
}
