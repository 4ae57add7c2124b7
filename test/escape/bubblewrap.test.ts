import { describe, test } from 'vitest'
import { ensureSandbox } from '../../scripts/ensure-sandbox.ts'
import { orMissing } from '../../scripts/missing-part.ts'
import { describeEscapes } from './describe-escapes.ts'
import { openKind } from './open-kind.ts'

const there = await ensureSandbox()
const sandbox = 'missing' in there ? there : await orMissing('a bubblewrap that holds', openKind('bubblewrap'))

describe('attempts to get out of bubblewrap', () => {
  if ('missing' in sandbox) test.skip(`need ${sandbox.missing}`)
  else describeEscapes(sandbox)
})
