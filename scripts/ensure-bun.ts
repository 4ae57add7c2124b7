import { globSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './cache-folder.ts'
import { type Missing, orMissing } from './missing-part.ts'
import { runCommand } from './run-command.ts'

const version = '1.4.5'

/** The second runtime that the server is tested on, from npm. */
export function ensureBun(): Promise<{ bun: string } | Missing> {
  return orMissing('Bun', findBun())
}

/** Rejects where it cannot be had. */
export async function findBun(): Promise<{ bun: string }> {
  const folder = await cacheFolder(`bun-${version}`, install)
  const [bun] = globSync(join(folder, 'node_modules/@oven/bun-*/bin/bun{,.exe}'))
  if (bun === undefined) throw new Error(`bun ${version} has no build for ${process.platform} on ${process.arch}`)
  return { bun }
}

/** The package brings the builds along as optional ones, and npm takes the machine's; a script would only move it. */
async function install(folder: string) {
  process.stderr.write(`Installing Bun ${version}\n`)
  await runCommand('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', `bun@${version}`])
}
