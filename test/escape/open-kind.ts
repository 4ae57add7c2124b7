import { openSandbox } from '../../src/adapters/sandbox/open-sandbox.ts'
import { quietLog } from '../../src/cli/checks/quiet-log.ts'
import type { Sandbox, SandboxKind } from '../../src/ports/sandbox.ts'
import { limits } from './limits.ts'

/** A sandbox of that kind with small limits. Rejects with the reason when there is none on this machine. */
export async function openKind(kind: SandboxKind): Promise<Sandbox> {
  const signal = AbortSignal.timeout(120_000)
  const image = process.env.REPRISE_SANDBOX_IMAGE ?? 'python:3-slim'
  const opened = await openSandbox({ choice: kind, python: undefined, image, limits, log: quietLog, signal })
  if (opened.sandbox === null) throw new Error(`${opened.reason}. ${opened.advice}`)
  return opened.sandbox
}
