import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findGroupBases } from './cgroup-base.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgroup-base-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A `/proc/self` with these groups, and file systems of them below the folder, where `{}` stands. */
async function find({ mountinfo, cgroup }: { mountinfo: string[]; cgroup: string[] }) {
  await writeFile(join(folder, 'mountinfo'), mountinfo.join('\n').replaceAll('{}', folder))
  await writeFile(join(folder, 'cgroup'), cgroup.join('\n'))
  const bases = await findGroupBases(folder)
  return bases.map((base) => ({ ...base, folder: base.folder.replace(folder, '{}') }))
}

async function group(path: string, controllers: string) {
  await mkdir(join(folder, path), { recursive: true })
  await writeFile(join(folder, path, 'cgroup.controllers'), `${controllers}\n`)
}

const root = '1 0 254:0 / / rw - ext4 /dev/vda rw'

test('v1 has a base for each controller, where this process is', async () => {
  const bases = await find({
    mountinfo: [
      root,
      '30 25 0:26 / {}/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct',
      '31 25 0:27 / {}/memory rw,relatime shared:9 - cgroup cgroup rw,memory',
      '32 25 0:28 / {}/pids rw,relatime - cgroup cgroup rw,pids',
      '33 25 0:29 / {}/unified rw,relatime - cgroup2 cgroup2 rw',
    ],
    cgroup: ['8:pids:/', '4:memory:/a/b', '1:cpu,cpuacct:/c', '0::/'],
  })
  expect(bases).toEqual([
    { version: 1, folder: '{}/memory/a/b', controllers: ['memory'] },
    { version: 1, folder: '{}/pids', controllers: ['pids'] },
    { version: 1, folder: '{}/cpu/c', controllers: ['cpu'] },
  ])
})

test('v2 has one base, with the controllers that it was given', async () => {
  await group('cg/system.slice/reprise.service', 'cpuset memory pids')
  const bases = await find({
    mountinfo: [root, '30 25 0:26 / {}/cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate'],
    cgroup: ['0::/system.slice/reprise.service'],
  })
  expect(bases).toEqual([{ version: 2, folder: '{}/cg/system.slice/reprise.service', controllers: ['memory', 'pids'] }])
})

test('a container sees its own part of the tree at the mount point', async () => {
  const part = await find({
    mountinfo: ['31 25 0:27 /docker/1a {}/memory rw - cgroup cgroup rw,memory'],
    cgroup: ['4:memory:/docker/1a/inner'],
  })
  expect(part).toEqual([{ version: 1, folder: '{}/memory/inner', controllers: ['memory'] }])
  const other = await find({
    mountinfo: ['31 25 0:27 /docker/1a {}/memory rw - cgroup cgroup rw,memory'],
    cgroup: ['4:memory:/'],
  })
  expect(other).toEqual([{ version: 1, folder: '{}/memory', controllers: ['memory'] }])
})

test('names of folders may hold spaces', async () => {
  await group('my groups', 'pids')
  const bases = await find({ mountinfo: ['30 25 0:26 / {}/my\\040groups rw - cgroup2 none rw'], cgroup: ['0::/'] })
  expect(bases).toEqual([{ version: 2, folder: '{}/my groups', controllers: ['pids'] }])
})

test('there may be none', async () => {
  expect(await find({ mountinfo: [root], cgroup: ['0::/'] })).toEqual([])
  expect(await findGroupBases(join(folder, 'nowhere'))).toEqual([])
})
