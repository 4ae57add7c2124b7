import { describe, test } from 'vitest'
import { describeEscapes } from './describe-escapes.ts'
import { openKind } from './open-kind.ts'

// Not on every machine, and so not a part that the tests install.
const sandbox = await openKind('docker').catch((error: Error) => error)

describe('attempts to get out of Docker', () => {
  if (sandbox instanceof Error) test.skip(`need one that starts: ${sandbox.message}`)
  else describeEscapes(sandbox)
})
