import type { Usage } from '../../src/api/run.ts'
import type { ModelPart } from '../../src/ports/model.ts'
import { at, type Json, listAt, textAt } from '../support/json.ts'
import { readEvents } from './events.ts'
import type { Exchange, Recording } from './recordings.ts'

/** What the recorded assistant said and called, turn by turn, as a model would say it. */
export function turnsOf({ exchanges }: Recording): ModelPart[][] {
  const turns: ModelPart[][] = []
  const seen = new Set<string>()
  for (const exchange of exchanges) {
    if (typeof exchange.response === 'string') turns.push(streamedTurn(exchange.response, exchanges))
    const key = `${textAt(exchange.response, 'id')} ${statusOf(exchange)}`
    if (seen.has(key)) continue
    seen.add(key)
    if (statusOf(exchange) === 'requires_action') turns.push(calledTurn(exchange.response))
    if (statusOf(exchange) === 'completed') turns.push(spokenTurn(exchange.response, exchanges))
  }
  return turns
}

/** The status that an exchange shows a run in; undefined when it is not about a single run. */
export function statusOf({ response }: Exchange): string | undefined {
  return at(response, 'object') === 'thread.run' ? textAt(response, 'status') : undefined
}

/** The turn that a stream tells, delta by delta. */
function streamedTurn(text: string, exchanges: readonly Exchange[]): ModelPart[] {
  const parts: ModelPart[] = []
  let step = ''
  for (const { event, data } of readEvents(text)) {
    if (event === 'thread.run.step.created') step = textAt(data, 'id')
    for (const part of listAt(data, 'delta', 'content')) {
      parts.push({ type: 'text-delta', text: textAt(part, 'text', 'value') })
    }
    for (const call of listAt(data, 'delta', 'step_details', 'tool_calls')) parts.push(callPart(call))
  }
  return [...parts, { type: 'usage', usage: usageOfStep(step, exchanges) }]
}

function callPart(call: Json): ModelPart {
  const index = Number(at(call, 'index'))
  const name = textAt(call, 'function', 'name')
  if (name !== '') return { type: 'tool-call', index, id: textAt(call, 'id'), name }
  return { type: 'tool-call-delta', index, arguments: textAt(call, 'function', 'arguments') }
}

/** A step of calls tells what it cost only in the stream of the next leg. */
function usageOfStep(step: string, exchanges: readonly Exchange[]): Usage {
  const events = exchanges.flatMap(({ response }) => (typeof response === 'string' ? readEvents(response) : []))
  const completed = events.find(({ event, data }) => event === 'thread.run.step.completed' && at(data, 'id') === step)
  return usageOf(completed?.data)
}

/** The calls that a run waits for. What they cost is in the run's total only, which the last turn carries. */
function calledTurn(run: Json): ModelPart[] {
  const calls = listAt(run, 'required_action', 'submit_tool_outputs', 'tool_calls')
  const parts = calls.flatMap((call, index): ModelPart[] => [
    { type: 'tool-call', index, id: textAt(call, 'id'), name: textAt(call, 'function', 'name') },
    { type: 'tool-call-delta', index, arguments: textAt(call, 'function', 'arguments') },
  ])
  return [...parts, { type: 'usage', usage: usageOf(undefined) }]
}

/** The text that a completed run left in its thread. */
function spokenTurn(run: Json, exchanges: readonly Exchange[]): ModelPart[] {
  const messages = exchanges.flatMap(({ response }) => listAt(response, 'data'))
  const message = messages.find((each) => at(each, 'run_id') === textAt(run, 'id'))
  const texts = listAt(message, 'content').map((part) => textAt(part, 'text', 'value'))
  return [
    { type: 'text-delta', text: texts.join('') },
    { type: 'usage', usage: usageOf(run) },
  ]
}

function usageOf(object: Json | undefined): Usage {
  const count = (...keys: string[]) => Number(at(object, 'usage', ...keys) ?? 0)
  return {
    prompt_tokens: count('prompt_tokens'),
    completion_tokens: count('completion_tokens'),
    total_tokens: count('total_tokens'),
    prompt_token_details: { cached_tokens: count('prompt_token_details', 'cached_tokens') },
    completion_tokens_details: { reasoning_tokens: count('completion_tokens_details', 'reasoning_tokens') },
  }
}
