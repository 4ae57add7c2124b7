import { at, isObject, type Json, json, listAt } from '../support/json.ts'

/** One event of a stream. */
export type Event = { event: string; data: Json }

/** Reads a `text/event-stream`; throws unless it is framed like the original's: one `event` line, one `data` line. */
export function readEvents(text: string): Event[] {
  const blocks = text.split('\n\n').filter((block) => block.trim() !== '' && !block.startsWith(':'))
  return blocks.map((block) => {
    const [, event = '', data = ''] = /^\n?event: ([^\n]+)\ndata: ([^\n]+)$/.exec(block) ?? []
    if (event === '') throw new Error(`not framed as an event: ${block}`)
    return { event, data: event === 'done' ? data : json.parse(JSON.parse(data)) }
  })
}

/**
 * The events with every run of deltas as one: how the first of them looks, how the others look, and what they say
 * together. How a text is cut into deltas is chance.
 */
export function joinDeltas(events: readonly Event[]): Event[] {
  const joined: Event[] = []
  let run: { event: string; deltas: Json[] } | undefined
  for (const { event, data } of events) {
    if (run?.event === event) run.deltas.push(data)
    else {
      run = event.endsWith('.delta') ? { event, deltas: [data] } : undefined
      joined.push(run ? { event, data: [] } : { event, data })
    }
    if (run) joined.splice(-1, 1, { event, data: summaryOf(run.deltas) })
  }
  return joined
}

function summaryOf([first = null, ...others]: readonly Json[]): Json {
  const later = new Map(others.map((delta) => [JSON.stringify(withoutText(delta)), withoutText(delta)]))
  const said = [first, ...others].map(textOf).join('')
  return { object: at(first, 'object') ?? null, first: withoutText(first), later: [...later.values()], said }
}

/** What a delta adds: text of a message, or arguments of a call. */
function textOf(delta: Json): string {
  const parts = [...listAt(delta, 'delta', 'content'), ...listAt(delta, 'delta', 'step_details', 'tool_calls')]
  return parts.map((part) => at(part, 'text', 'value') ?? at(part, 'function', 'arguments') ?? '').join('')
}

function withoutText(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutText)
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, each]): [string, Json] => [
    key,
    key === 'value' || key === 'arguments' ? '' : withoutText(each),
  ])
  return Object.fromEntries(entries)
}
