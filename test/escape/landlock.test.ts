import { describe, test } from 'vitest'
import { ensureLandlock } from '../../scripts/ensure-landlock.ts'
import { missing } from '../../scripts/missing-part.ts'
import { describeEscapes } from './describe-escapes.ts'
import { openKind } from './open-kind.ts'

const there = await ensureLandlock()
const sandbox = 'missing' in there ? there : await openLandlock()

/** Only a kernel can have it, so nobody can be asked to install it. What has it, and does not hold, is a failure. */
async function openLandlock() {
  try {
    return await openKind('landlock')
  } catch (error) {
    if (/this kernel has/.test(String(error))) return missing(`Landlock: ${error}`)
    throw error
  }
}

describe('attempts to get out of Landlock', () => {
  if ('missing' in sandbox) test.skip(`need ${sandbox.missing}`)
  else describeEscapes(sandbox)
})
