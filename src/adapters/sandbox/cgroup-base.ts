import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** What a group can bound. */
export type Controller = 'memory' | 'pids' | 'cpu'

/** A folder under which groups can be made, if its permissions allow, and what those groups can bound. */
export interface GroupBase {
  readonly version: 1 | 2
  readonly folder: string
  readonly controllers: readonly Controller[]
}

const wanted: readonly Controller[] = ['memory', 'pids', 'cpu']

/**
 * This process's own groups: one base per controller with cgroup v1, which wins where it has a controller, as then v2 has
 * not; else one for all with v2. Empty where there is no cgroup file system. `proc` is `/proc/self`, or stands for it.
 */
export async function findGroupBases(proc = '/proc/self'): Promise<GroupBase[]> {
  const [mountinfo, cgroup] = await Promise.all(
    ['mountinfo', 'cgroup'].map((name) => readFile(join(proc, name), 'utf8').catch(() => '')),
  )
  const mounts = (mountinfo ?? '').split('\n').flatMap(parseMount)
  const memberships = (cgroup ?? '').split('\n').flatMap(parseMembership)
  const first = wanted.flatMap((controller) => baseOfVersion1(controller, mounts, memberships))
  const rest = wanted.filter((controller) => !first.some(({ controllers }) => controllers.includes(controller)))
  return [...first, ...(await baseOfVersion2(rest, mounts, memberships))]
}

interface Mount {
  readonly root: string
  readonly folder: string
  readonly type: string
  readonly options: readonly string[]
}

interface Membership {
  readonly controllers: readonly string[]
  readonly path: string
}

/** See proc_pid_mountinfo(5): `id parent dev root folder options [tags] - type source options`. */
function parseMount(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ')
  const [, , , root = '/', folder = ''] = before.split(' ').map(unescapeOctal)
  const [type = '', , options = ''] = after.split(' ')
  return type.startsWith('cgroup') ? [{ root, folder, type, options: options.split(',') }] : []
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** See cgroups(7): `id:controllers:path`; with v2, `0::path`. */
function parseMembership(line: string): Membership[] {
  const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
  if (controllers === undefined || path === undefined) return []
  return [{ controllers: controllers === '' ? [] : controllers.split(','), path }]
}

function baseOfVersion1(controller: Controller, mounts: readonly Mount[], memberships: readonly Membership[]) {
  const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller))
  const membership = memberships.find(({ controllers }) => controllers.includes(controller))
  if (!mount || !membership) return []
  return [{ version: 1, folder: folderOf(mount, membership.path), controllers: [controller] } satisfies GroupBase]
}

async function baseOfVersion2(
  controllers: readonly Controller[],
  mounts: readonly Mount[],
  memberships: readonly Membership[],
): Promise<GroupBase[]> {
  const mount = mounts.find(({ type }) => type === 'cgroup2')
  const membership = memberships.find((member) => member.controllers.length === 0)
  if (!mount || !membership) return []
  const folder = folderOf(mount, membership.path)
  const offered = (await readFile(join(folder, 'cgroup.controllers'), 'utf8').catch(() => '')).trim().split(' ')
  const usable = controllers.filter((controller) => offered.includes(controller))
  return usable.length === 0 ? [] : [{ version: 2, folder, controllers: usable }]
}

/** A container may see only its own part of the tree, mounted where the whole would be. */
function folderOf({ root, folder }: Mount, path: string): string {
  const below = relative(root, path)
  return below.startsWith('..') ? folder : join(folder, below)
}
