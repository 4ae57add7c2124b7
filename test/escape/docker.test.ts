import { afterAll, describe, test } from 'vitest'
import { orMissing } from '../../scripts/missing-part.ts'
import { openDocker } from '../support/docker-engine.ts'
import { describeEscapes } from './describe-escapes.ts'
import { openKind } from './open-kind.ts'

const docker = await openDocker()
if (!('missing' in docker)) {
  process.env.REPRISE_SANDBOX_IMAGE = docker.image
  afterAll(() => docker[Symbol.asyncDispose](), 60_000)
}
const sandbox = 'missing' in docker ? docker : await orMissing('a Docker that holds', openKind('docker'))

describe('attempts to get out of Docker', () => {
  if ('missing' in sandbox) test.skip(`need ${sandbox.missing}`)
  else describeEscapes(sandbox)
})
