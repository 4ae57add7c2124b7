import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskBlobs } from '../../src/adapters/blobs/disk.ts'
import { describeBlobs } from './blobs.ts'

describeBlobs('disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-blobs-'))
  return {
    blobs: await openDiskBlobs(folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
})
