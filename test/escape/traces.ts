import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, vi } from 'vitest'
import { descendants, identify, isAlive, type ProcessId } from '../../src/adapters/sandbox/process-tree.ts'
import { serverMark } from '../../src/adapters/sandbox/server-mark.ts'
import { containersOf, withContainers } from './containers.ts'

/** Every process below a server, and every other of the users that those run as: a session has a user of its own. */
export async function processesOfSandboxes(except: readonly number[] = [], server = process.pid): Promise<ProcessId[]> {
  const children = ((await descendants(server)) ?? []).filter((pid) => !except.includes(pid))
  const [below, owners] = await Promise.all([withContainers(children), Promise.all(children.map(userOf))])
  const users = new Set(owners)
  for (const user of [undefined, process.getuid?.()]) users.delete(user)
  const others = users.size === 0 ? [] : await everyProcess()
  const ofThem = await Promise.all(others.map(async (pid) => (users.has(await userOf(pid)) ? [pid] : [])))
  const found = await Promise.all([...new Set([...below, ...ofThem.flat()])].map(identify))
  return found.filter((it) => it !== undefined)
}

/** What was killed runs no more, but may take a moment to give its memory back. */
export async function expectGone(some: readonly ProcessId[]): Promise<void> {
  await vi.waitFor(async () => expect(await alive(some)).toEqual([]), { timeout: 10_000, interval: 10 })
}

/** Those that are still there. */
async function alive(some: readonly ProcessId[]): Promise<ProcessId[]> {
  const there = await Promise.all(some.map(isAlive))
  return some.filter((_, place) => there[place])
}

/** Control groups, folders and containers that a server made and that are still there. */
export async function leftovers(mark = serverMark()): Promise<string[]> {
  const names = await readdir(tmpdir())
  const groups = await groupsBelow('/sys/fs/cgroup', 6)
  return [...[...names, ...groups].filter((name) => name.includes(mark)), ...(await containersOf(mark))]
}

async function groupsBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []) // gone meanwhile
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`)
  const deeper = depth === 0 ? [] : await Promise.all(folders.map((it) => groupsBelow(it, depth - 1)))
  return [...folders, ...deeper.flat()]
}

async function everyProcess(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
}

async function userOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  const uid = /^Uid:\t(\d+)/m.exec(status)?.[1]
  return uid === undefined ? undefined : Number(uid)
}

/** What these hold in memory together, in MiB: pages that several share are divided among them. */
export async function megabytesOf(some: readonly ProcessId[]): Promise<number> {
  const sizes = await Promise.all(
    some.map(({ pid }) => readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => '')),
  )
  return sizes.reduce((sum, text) => sum + Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0), 0) / 1024
}
