import type { RunError, Usage } from '../api/run.ts'
import { unreachable } from '../lib/unreachable.ts'
import { ModelFailure } from '../ports/model.ts'
import { SandboxFailure } from '../ports/sandbox.ts'
import { StoreExpired } from '../resources/search-stores.ts'
import type { Asked } from './ask-model.ts'
import type { RunEnding } from './end-run.ts'
import type { RunInterrupted } from './interruption.ts'
import type { OpenStep } from './open-step.ts'

/**
 * How a turn leaves the run: at its end, waiting for the client's functions, or given up by this process, which leaves
 * it as it is for whoever takes it up.
 */
export type Outcome =
  | (RunEnding & { readonly usage?: Usage | undefined })
  | { readonly status: 'requires_action'; readonly open: OpenStep; readonly usage: Usage | undefined }
  | { readonly status: 'given_up'; readonly why: string }

/** What follows from a reply that was recorded, or from a budget that was used up. */
export function outcomeOfReply(asked: Asked, open: OpenStep | undefined): Outcome {
  if ('spent' in asked) return { status: 'incomplete', reason: asked.spent }
  const { finish, usage } = asked
  if (finish === 'length') return { status: 'incomplete', reason: 'max_completion_tokens', usage }
  if (finish === 'content_filter') return { status: 'failed', error: filtered, cut: 'content_filter', usage }
  if (open?.step.type === 'tool_calls') return { status: 'requires_action', open, usage }
  return { status: 'completed', usage }
}

export function outcomeOfInterruption({ reason }: RunInterrupted): Outcome {
  switch (reason) {
    case 'expired':
    case 'cancelled':
      return { status: reason }
    case 'deleted':
      return { status: 'given_up', why: 'The thread was deleted, and the run with it.' }
    case 'handback':
    case 'lost':
      return {
        status: 'given_up',
        why: 'This server has stopped working on the run. Read the run to see how it goes on.',
      }
    default:
      return unreachable(reason)
  }
}

/** A failure of the model or of a tool is the run's, in its own words; what else went wrong is ours and not the client's to read. */
export function outcomeOfFailure(error: unknown): Outcome {
  if (error instanceof StoreExpired || error instanceof SandboxFailure)
    return { status: 'failed', error: { code: 'server_error', message: error.message } }
  if (!(error instanceof ModelFailure)) return { status: 'failed', error: internal }
  const code = error.code === 'context_length_exceeded' ? 'invalid_prompt' : error.code
  return { status: 'failed', error: { code, message: error.message } }
}

const filtered: RunError = {
  code: 'invalid_prompt',
  message: "The model's provider stopped the reply: its content filter was triggered.",
}

/** The original's most common last words. */
const internal: RunError = { code: 'server_error', message: 'Sorry, something went wrong.' }
