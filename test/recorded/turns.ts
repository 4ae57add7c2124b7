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
    if (typeof exchange.response === 'string') turns.push(...streamedTurns(exchange.response, exchanges))
    const key = `${textAt(exchange.response, 'id')} ${statusOf(exchange)}`
    if (seen.has(key)) continue
    seen.add(key)
    if (statusOf(exchange) === 'requires_action') turns.push(calledTurn(exchange.response))
    if (statusOf(exchange) === 'completed') turns.push(...spokenTurns(exchange.response, exchanges))
  }
  return turns
}

/** The status that an exchange shows a run in; undefined when it is not about a single run. */
export function statusOf({ response }: Exchange): string | undefined {
  return at(response, 'object') === 'thread.run' ? textAt(response, 'status') : undefined
}

/** The turns that a stream tells, delta by delta: one for each search, and what the model did then. */
function streamedTurns(text: string, exchanges: readonly Exchange[]): ModelPart[][] {
  const searches: ModelPart[][] = []
  const parts: ModelPart[] = []
  let step = ''
  for (const { event, data } of readEvents(text)) {
    if (event === 'thread.run.step.created') step = textAt(data, 'id')
    for (const part of listAt(data, 'delta', 'content')) {
      parts.push({ type: 'text-delta', text: textAt(part, 'text', 'value') })
    }
    for (const call of listAt(data, 'delta', 'step_details', 'tool_calls')) {
      if (at(call, 'type') === 'file_search') searches.push(searchTurn(completedStep(step, exchanges)))
      else parts.push(callPart(call))
    }
  }
  return [...searches, [...parts, { type: 'usage', usage: usageOf(completedStep(step, exchanges)) }]]
}

function callPart(call: Json): ModelPart {
  const index = Number(at(call, 'index'))
  const name = textAt(call, 'function', 'name')
  if (name !== '') return { type: 'tool-call', index, id: textAt(call, 'id'), name }
  return { type: 'tool-call-delta', index, arguments: textAt(call, 'function', 'arguments') }
}

/** A step of calls tells what it cost only in the stream of the next leg. */
function completedStep(step: string, exchanges: readonly Exchange[]): Json | undefined {
  const events = exchanges.flatMap(({ response }) => (typeof response === 'string' ? readEvents(response) : []))
  return events.find(({ event, data }) => event === 'thread.run.step.completed' && at(data, 'id') === step)?.data
}

/** The call that a step of file search recorded. What was asked is not in it, so the model asks for what was found. */
function searchTurn(step: Json | undefined): ModelPart[] {
  const parts = listAt(step, 'step_details', 'tool_calls').flatMap((call, index): ModelPart[] => {
    const [found = null] = listAt(call, 'file_search', 'results')
    const queries = [textAt(listAt(found, 'content')[0], 'text')]
    return [
      { type: 'tool-call', index, id: textAt(call, 'id'), name: 'file_search' },
      { type: 'tool-call-delta', index, arguments: JSON.stringify({ queries }) },
    ]
  })
  return [...parts, { type: 'usage', usage: usageOf(step) }]
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

/** The searches that a completed run's steps tell, and the text that it left in its thread. */
function spokenTurns(run: Json, exchanges: readonly Exchange[]): ModelPart[][] {
  const listed = exchanges.flatMap(({ response }) => listAt(response, 'data'))
  const own = listed.filter((each) => at(each, 'run_id') === textAt(run, 'id'))
  const texts = listAt(own.find(isMessage), 'content').map((part) => textAt(part, 'text', 'value'))
  const searches = own.filter(isSearch).reverse()
  const cost = searches.length > 0 ? own.find((each) => at(each, 'type') === 'message_creation') : run
  const spoken: ModelPart[] = [
    { type: 'text-delta', text: texts.join('') },
    { type: 'usage', usage: usageOf(cost) },
  ]
  return [...searches.map(searchTurn), spoken]
}

function isMessage(object: Json): boolean {
  return at(object, 'object') === 'thread.message'
}

function isSearch(step: Json): boolean {
  return listAt(step, 'step_details', 'tool_calls').some((call) => at(call, 'type') === 'file_search')
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
