import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const cache = join(import.meta.dirname, '../.cache')

/**
 * A folder in `.cache` that `fill` has filled, once. It is filled beside its place and then moved there whole, so an
 * interrupted or a simultaneous attempt does no harm. Answers its path.
 */
export async function cacheFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const place = join(cache, name)
  if (existsSync(place)) return place
  await mkdir(cache, { recursive: true })
  const staging = await mkdtemp(join(cache, `${name}-`))
  try {
    await fill(staging)
    await rename(staging, place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // otherwise somebody else was faster
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return place
}
