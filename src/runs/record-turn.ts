import type { Usage } from '../api/run.ts'
import type { NewId } from '../lib/id.ts'
import { unreachable } from '../lib/unreachable.ts'
import type { FinishReason, ModelPart } from '../ports/model.ts'
import type { TurnWriter } from './write-turn.ts'

/** How the model's reply ended and what it cost; undefined usage means that the upstream did not say. */
export interface RecordedTurn {
  readonly finish: FinishReason
  readonly usage: Usage | undefined
}

/**
 * Records one reply of the model through `writer`. A reply with neither text nor calls becomes an empty message, so
 * that every completed run has something to show. With `parallel` off, calls after the first are dropped: some
 * upstreams ignore the request for a single one. So is text that follows a call, since a step of calls stays open until
 * its outputs come and nothing may open beside it.
 */
export async function recordTurn(
  parts: AsyncIterable<ModelPart>,
  { writer, parallel, newId }: { writer: TurnWriter; parallel: boolean; newId: NewId },
): Promise<RecordedTurn> {
  const ids = new Set<string>()
  let usage: Usage | undefined
  let finish: FinishReason | undefined
  let called = false
  const wanted = (index: number) => parallel || index === 0
  for await (const part of parts) {
    switch (part.type) {
      case 'text-delta':
        if (!called) await writer.text('text', part.text)
        break
      case 'refusal-delta':
        if (!called) await writer.text('refusal', part.text)
        break
      case 'tool-call':
        called = true
        if (wanted(part.index)) await writer.call(part.name, callId(part.id, ids, newId))
        break
      case 'tool-call-delta':
        if (wanted(part.index)) writer.callArguments(part.arguments)
        break
      case 'usage':
        usage = part.usage
        break
      case 'finish':
        finish = part.reason
        break
      default:
        unreachable(part)
    }
  }
  if (!finish) throw new Error('the model ended without saying why')
  if (!writer.open()) await writer.text('text', '')
  return { finish, usage }
}

/** The upstream's own id where it has the API's shape and is new in this turn; many upstreams send other shapes. */
function callId(given: string | null, seen: Set<string>, newId: NewId): string {
  const id = given !== null && /^call_[A-Za-z0-9]{24}$/.test(given) && !seen.has(given) ? given : newId('call')
  seen.add(id)
  return id
}
