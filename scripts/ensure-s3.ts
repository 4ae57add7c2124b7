import { join } from 'node:path'
import { cacheFolder } from './cache-folder.ts'
import { type Missing, orMissing } from './missing-part.ts'
import { runCommand, succeeds } from './run-command.ts'

const version = '1.8.0'

/** Versity's S3 gateway, which keeps buckets in a folder: built once, from its Go module. */
export function ensureS3(): Promise<{ program: string } | Missing> {
  return orMissing('an S3 server', findS3())
}

async function findS3() {
  const folder = await cacheFolder(`versitygw-${version}`, build)
  return { program: join(folder, 'versitygw') }
}

async function build(folder: string) {
  const module = `github.com/versity/versitygw/cmd/versitygw@v${version}`
  const go = await findGo()
  process.stderr.write(`Building ${module}\n`)
  await runCommand(go, ['install', '-ldflags=-s -w', module], { GOBIN: folder })
}

async function findGo() {
  for (const go of ['go', '/usr/local/go/bin/go']) if (await succeeds(go, ['version'])) return go
  throw new Error('it is built with Go 1.25 or later, which is not installed')
}
