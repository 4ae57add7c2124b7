import { existsSync, lstatSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { ensureSandbox } from './ensure-sandbox.ts'
import { type Missing, missing } from './missing-part.ts'

/**
 * What Landlock needs beside the kernel's own: Python, and the link `/mnt/data`, a change to the machine that is made with
 * `CI=true` alone. Whether the kernel has Landlock, a start tells: one without it is missing even there.
 */
export async function ensureLandlock(): Promise<{ link: string } | Missing> {
  const python = await ensureSandbox()
  if ('missing' in python) return python
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return missing('Landlock: it needs Linux, and root')
  if (lstatSync(link, { throwIfNoEntry: false })) return { link }
  if (process.env.CI !== 'true' || !existsSync('/mnt')) return missing(`Landlock: there is no link ${link}`)
  await symlink('/proc/self/cwd', link).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error // otherwise somebody else was faster
  })
  return { link }
}

const link = '/mnt/data'
