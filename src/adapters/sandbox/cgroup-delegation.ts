import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Controller, GroupBase } from './cgroup-base.ts'
import { processesIn } from './create-cgroup.ts'

/** Where the server itself lives with v2, whose groups have either processes or limited children. */
const serverGroup = 'reprise.server'

/** The base with those controllers that groups below it can have, switched on if they were not. */
export async function delegatedBase(found: GroupBase): Promise<GroupBase> {
  if (found.version === 1) return found
  const folder = basename(found.folder) === serverGroup ? dirname(found.folder) : found.folder
  const controllers: Controller[] = []
  for (const controller of found.controllers) if (await switchOn(folder, controller)) controllers.push(controller)
  return { version: 2, folder, controllers }
}

async function switchOn(folder: string, controller: Controller): Promise<boolean> {
  const file = join(folder, 'cgroup.subtree_control')
  try {
    if ((await readFile(file, 'utf8')).trim().split(' ').includes(controller)) return true
    await writeFile(file, `+${controller}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EBUSY') throw error
      return moveProcesses(folder).then(() => writeFile(file, `+${controller}`))
    })
    return true
  } catch {
    return false
  }
}

/** Makes room for limited groups beside the server's own processes, which then have a group of their own. */
async function moveProcesses(folder: string): Promise<void> {
  const inner = join(folder, serverGroup)
  await mkdir(inner, { recursive: true })
  for (const pid of await processesIn(folder)) {
    await writeFile(join(inner, 'cgroup.procs'), String(pid)).catch(ignoreGone)
  }
}

function ignoreGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ESRCH') throw error
}
