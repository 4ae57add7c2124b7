import { fromText } from '../api/json.ts'
import type { Message } from '../api/message.ts'
import type { Run } from '../api/run.ts'
import type { ModelMessage, ModelTool } from '../ports/model.ts'
import type { Reader, StepRow } from '../ports/store.ts'
import { estimateTokens } from './estimate-tokens.ts'
import { type ImageSource, type Round, roundsOf, spokenText, threadMessage, turnMessages } from './model-messages.ts'

/** How many messages to read at first; doubled until the budget is full or the thread is read. */
const firstRead = 128

interface PromptParts {
  run: Run
  steps: readonly StepRow[]
  tools: readonly ModelTool[]
  read: Pick<Reader, 'messages'>
  imageOf: ImageSource
  /** How many tokens the prompt may take. */
  budget: number
}

export interface Prompt {
  readonly messages: readonly ModelMessage[]
  /** About how many tokens they take, tools included. */
  readonly tokens: number
  /** How many of them are not the thread's: instructions, tools and the run's own turns. */
  readonly fixed: number
}

/** A part of the thread, in its order, and whether messages were left out for want of room. */
interface Excerpt {
  readonly messages: ModelMessage[]
  readonly truncated: boolean
}

/**
 * What the model reads: the run's instructions, the thread as far as truncation strategy and budget let it in, and
 * what the run itself said and called so far. With `auto` the middle of the thread gives way: its first message and
 * the newest stay. The newest message is sent even when there is no room for it. A prompt is never empty, since
 * upstreams refuse those.
 */
export async function buildPrompt({ run, steps, tools, read, imageOf, budget }: PromptParts): Promise<Prompt> {
  const system: ModelMessage[] = run.instructions === '' ? [] : [{ role: 'system', text: run.instructions }]
  const own = await ownTurns(steps, read)
  const fixed = estimateTokens([...system, ...own], tools)
  const thread = await threadMessages(run, read, imageOf, budget - fixed)
  const messages = [...system, ...thread.messages, ...own]
  if (messages.length === 0) messages.push({ role: 'user', content: [{ type: 'text', text: '' }] })
  return { messages, tokens: estimateTokens(messages, tools), fixed }
}

async function threadMessages(
  run: Run,
  read: PromptParts['read'],
  imageOf: ImageSource,
  room: number,
): Promise<Excerpt> {
  const { type, last_messages } = run.truncation_strategy
  const most = type === 'last_messages' ? (last_messages ?? 1) : Number.POSITIVE_INFINITY
  for (let limit = Math.min(firstRead, most); ; limit = Math.min(limit * 2, most)) {
    const bodies = await read.messages.newest(run.thread_id, { exceptRun: run.id, limit })
    const fitted = await newestThatFit(bodies.map(fromText), imageOf, room)
    const whole = bodies.length < limit || limit === most
    if (fitted.truncated) return withFirst(run, read, imageOf, { ...fitted, room, first: type === 'auto' })
    if (whole) return fitted
  }
}

/** As many of the newest messages as there is room for, back in the thread's order. */
async function newestThatFit(
  newestFirst: readonly Message[],
  imageOf: ImageSource,
  room: number,
): Promise<Excerpt & { left: number }> {
  const messages: ModelMessage[] = []
  let left = room
  for (const message of newestFirst) {
    const next = await threadMessage(message, imageOf)
    if (next.role === 'assistant' && next.text === '') continue // cut before its first word; some upstreams refuse it
    const cost = estimateTokens([next])
    if (cost > left && messages.length > 0) return { messages: messages.reverse(), truncated: true, left }
    messages.push(next)
    left -= cost
  }
  return { messages: messages.reverse(), truncated: false, left }
}

/** Puts the thread's first message back in front, giving up old ones for it: it often says what all is about. */
async function withFirst(
  run: Run,
  read: PromptParts['read'],
  imageOf: ImageSource,
  fitted: Excerpt & { room: number; left: number; first: boolean },
): Promise<Excerpt> {
  const listed = fitted.first
    ? await read.messages.list({ thread_id: run.thread_id }, { limit: 1, order: 'asc' })
    : { items: [] }
  const [oldest] = listed.items
  if (!oldest) return fitted
  const first = await threadMessage(fromText(oldest.body), imageOf)
  const messages = [...fitted.messages]
  let left = fitted.left - estimateTokens([first])
  while (left < 0 && messages.length > 1) left += estimateTokens(messages.splice(0, 1))
  return { messages: left < 0 ? messages : [first, ...messages], truncated: true }
}

async function ownTurns(steps: readonly StepRow[], read: PromptParts['read']): Promise<ModelMessage[]> {
  const messages: ModelMessage[] = []
  const turns = Map.groupBy(steps, (step) => step.turn)
  for (const turn of turns.values()) {
    let said: string | null = null
    const rounds: Round[] = []
    for (const row of turn) {
      const details = fromText(row.body).step_details
      if (details.type === 'tool_calls') rounds.push(...roundsOf(row))
      else said = await textOf(details.message_creation.message_id, read)
    }
    messages.push(...turnMessages(said, rounds))
  }
  return messages
}

/** Null when the message has been deleted meanwhile. */
async function textOf(message_id: string, read: PromptParts['read']): Promise<string | null> {
  const row = await read.messages.get(message_id)
  return row ? spokenText(fromText(row.body)) : null
}
