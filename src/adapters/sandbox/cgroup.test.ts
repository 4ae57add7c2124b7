import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openCgroups } from './cgroup.ts'
import { serverMark } from './server-mark.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cgroup-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Files as cgroup v2 has them, below `own`, where this process is. */
function layVersion2(own: string, controllers: string) {
  const here = join(folder, 'cg', own)
  mkdirSync(here, { recursive: true })
  for (const at of new Set([here, join(folder, 'cg')])) {
    writeFileSync(join(at, 'cgroup.controllers'), controllers)
    writeFileSync(join(at, 'cgroup.subtree_control'), '')
    writeFileSync(join(at, 'cgroup.procs'), '')
  }
  writeFileSync(join(folder, 'mountinfo'), `30 25 0:26 / ${folder}/cg rw - cgroup2 cgroup2 rw`)
  writeFileSync(join(folder, 'cgroup'), `0::/${own}`)
  return here
}

const limits = { memoryMegabytes: 100, processes: 20, cores: 2 }

test('with v2 a group has all limits, and whoever joins it writes himself into it', async () => {
  const here = layVersion2('reprise.service', 'cpu memory pids')
  const cgroups = await openCgroups({ proc: folder })
  expect([...cgroups.controllers]).toEqual(['memory', 'pids', 'cpu'])
  const before = readdirSync(here)
  const group = await cgroups.create(limits)
  const made = readdirSync(here).filter((name) => !before.includes(name))
  expect(made).toHaveLength(1)
  const at = join(here, made[0] ?? '')
  expect(Object.fromEntries(readdirSync(at).map((name) => [name, readFileSync(join(at, name), 'utf8')]))).toEqual({
    'memory.max': '104857600',
    'memory.swap.max': '0',
    'pids.max': '20',
    'cpu.max': '200000 100000',
  })

  const [file = '', ...args] = group.joined(['echo', 'a b', '$HOME'])
  writeFileSync(join(at, 'cgroup.procs'), '')
  expect(execFileSync(file, args, { encoding: 'utf8' })).toBe('a b $HOME\n')
  expect(readFileSync(join(at, 'cgroup.procs'), 'utf8')).toBe('0\n')

  writeFileSync(join(at, 'memory.events'), 'oom 1\noom_kill 2\n')
  expect(await group.memoryKills()).toBe(2)
})

test('a command does not start outside the group that it should join', async () => {
  const here = layVersion2('reprise.service', 'memory pids')
  const cgroups = await openCgroups({ proc: folder })
  const group = await cgroups.create(limits)
  for (const name of readdirSync(here)) if (name.startsWith('reprise.')) rmSync(join(here, name), { recursive: true })
  const [file = '', ...args] = group.joined(['echo', 'out'])
  expect(() => execFileSync(file, args, { stdio: 'pipe' })).toThrow('Directory nonexistent')
})

test('with v2, a server that once moved itself makes its groups beside itself', async () => {
  layVersion2('reprise.server', 'memory pids')
  const cgroups = await openCgroups({ proc: folder })
  await cgroups.create(limits)
  expect(readdirSync(join(folder, 'cg/reprise.server')).filter((name) => name.startsWith('reprise.'))).toEqual([])
})

test('where nothing can be made there are none, and a command stays as it is', async () => {
  const cgroups = await openCgroups({ proc: folder })
  expect(cgroups.controllers.size).toBe(0)
  const group = await cgroups.create(limits)
  const [file = '', ...args] = group.joined(['echo', 'here'])
  expect(execFileSync(file, args, { encoding: 'utf8' })).toBe('here\n')
  expect(await group.memoryKills()).toBe(0)
  await group.remove()
})

test('groups of servers that are gone are removed, those of others stay', async () => {
  const here = layVersion2('reprise.service', 'memory pids')
  const cgroups = await openCgroups({ proc: folder })
  const dead = `reprise.${serverMark().replace(/\d+$/, '1')}.0123`
  const living = `reprise.${serverMark()}.4567`
  for (const name of [dead, living, 'reprise.other', 'system.slice']) mkdirSync(join(here, name))
  await cgroups.tidy()
  const left = readdirSync(here)
  expect(left).not.toContain(dead)
  expect(left).toEqual(expect.arrayContaining([living, 'reprise.other', 'system.slice']))
})
