import type { ModelPart } from '../../ports/model.ts'
import type { ToolCallDelta } from './chat-chunk.ts'

interface Call {
  /** What the upstream numbers it by. */
  readonly key: number | null
  readonly id: string
  readonly name: string
  arguments: string
}

export interface ToolCalls {
  add(delta: ToolCallDelta): void
  /** Says what was held back. Answers how many calls there were. */
  close(): number
}

/**
 * Puts the pieces of tool calls in order. Upstreams repeat names or ids in every piece, give none, number every call
 * 0 or not at all, send a call whole, or several at a time; what is said here is one call after the other. A later
 * call is held back until the arguments of the one before are a whole JSON object, or the reply is over. An id
 * that was used before is said as null.
 */
export function createToolCalls(
  say: (part: ModelPart) => void,
  { usedIds, malformed }: { usedIds: Set<string>; malformed: (what: string) => Error },
): ToolCalls {
  const calls: Call[] = []
  let current = -1

  function add(delta: ToolCallDelta): void {
    const text = argumentsOf(delta)
    let call = candidate(calls, delta)
    if (!call || startsAnother(call, delta, text)) {
      const name = delta.function?.name
      if (!name) throw malformed('a tool call without a name')
      call = { key: delta.index ?? null, id: delta.id ?? '', name, arguments: '' }
      calls.push(call)
      if (calls.length === 1) open(0)
    }
    append(call, text)
  }

  function append(call: Call, text: string): void {
    const position = calls.indexOf(call)
    if (position < current && text.trim() !== '') throw malformed('arguments for a tool call that was complete')
    call.arguments += text
    if (position === current) sayArguments(text)
    while (current < calls.length - 1 && isWholeObject(calls[current]?.arguments ?? '')) open(current + 1)
  }

  function open(position: number): void {
    const call = calls[position]
    if (!call) return
    current = position
    const id = call.id === '' || usedIds.has(call.id) ? null : call.id
    if (id !== null) usedIds.add(id)
    say({ type: 'tool-call', index: position, id, name: call.name })
    sayArguments(call.arguments)
  }

  function sayArguments(text: string): void {
    if (text !== '') say({ type: 'tool-call-delta', index: current, arguments: text })
  }

  function close(): number {
    while (current >= 0 && current < calls.length) {
      if (calls[current]?.arguments.trim() === '') sayArguments('{}') // a call without arguments has an empty object
      if (current === calls.length - 1) break
      open(current + 1)
    }
    return calls.length
  }

  return { add, close }
}

/** The call that this piece would continue. */
function candidate(calls: readonly Call[], { index, id }: ToolCallDelta): Call | undefined {
  if (index !== null && index !== undefined) return calls.findLast((call) => call.key === index)
  return calls.findLast((call) => id && call.id === id) ?? calls.at(-1)
}

/** Whether the piece is the first of another call, though it is numbered like this one. */
function startsAnother(call: Call, { id, function: named }: ToolCallDelta, text: string): boolean {
  if (!named?.name) return false
  if (named.name !== call.name) return true
  if (id && id === call.id) return false
  return isWholeObject(call.arguments) && (Boolean(id) || text !== '')
}

function argumentsOf({ function: called }: ToolCallDelta): string {
  const given = called?.arguments ?? ''
  return typeof given === 'string' ? given : JSON.stringify(given)
}

/** Whether the text is a JSON object that nothing can follow. The cheap look comes first: this is asked per piece. */
export function isWholeObject(text: string): boolean {
  if (!text.trimEnd().endsWith('}')) return false
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false // not JSON yet, which is the answer
  }
}
