import { describe, test } from 'vitest'
import { ensureGvisor } from '../../scripts/ensure-sandbox.ts'
import { orMissing } from '../../scripts/missing-part.ts'
import { describeEscapes } from './describe-escapes.ts'
import { openKind } from './open-kind.ts'

const there = await ensureGvisor()
const sandbox = 'missing' in there ? there : await orMissing('a gVisor that holds', openKind('gvisor'))

describe('attempts to get out of gVisor', () => {
  if ('missing' in sandbox) test.skip(`need ${sandbox.missing}`)
  else describeEscapes(sandbox)
})
