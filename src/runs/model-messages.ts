import { fromText } from '../api/json.ts'
import type { ContentPart, Message } from '../api/message.ts'
import type { ToolCall } from '../api/run-step.ts'
import { unreachable } from '../lib/unreachable.ts'
import type { ModelContent, ModelMessage, ModelToolCall } from '../ports/model.ts'
import type { StepRow } from '../ports/store.ts'
import { carriedOut } from './step-details.ts'

/** Where the bytes of an image file come from: a `data:` address, or undefined when the file is gone. */
export type ImageSource = (file_id: string) => Promise<string | undefined>

/** A message of the thread as the model reads it. */
export async function threadMessage(message: Message, imageOf: ImageSource): Promise<ModelMessage> {
  if (message.role === 'assistant') return { role: 'assistant', text: spokenText(message), tool_calls: [] }
  return { role: 'user', content: await Promise.all(message.content.map((part) => userPart(part, imageOf))) }
}

async function userPart(part: ContentPart, imageOf: ImageSource): Promise<ModelContent> {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text.value }
    case 'refusal':
      return { type: 'text', text: part.refusal }
    case 'image_url':
      return { type: 'image', url: part.image_url.url, detail: part.image_url.detail ?? 'auto' }
    case 'image_file': {
      const url = await imageOf(part.image_file.file_id)
      if (!url) return { type: 'text', text: '[An image was here; its file has been deleted.]' }
      return { type: 'image', url, detail: part.image_file.detail ?? 'auto' }
    }
    default:
      return unreachable(part)
  }
}

/** What an assistant's message says; images that a tool made cannot be said by an assistant. */
export function spokenText(message: Message): string {
  const texts = message.content.map((part) => {
    if (part.type === 'text') return part.text.value
    return part.type === 'refusal' ? part.refusal : ''
  })
  return texts.filter((text) => text !== '').join('\n')
}

/** One call of an earlier turn, and what the model read of it. */
export interface Round {
  readonly call: ModelToolCall
  readonly output: string
}

/** One earlier turn of the run: what the model said and called, then what the calls gave. */
export function turnMessages(said: string | null, rounds: readonly Round[]): ModelMessage[] {
  const spoken: ModelMessage = { role: 'assistant', text: said, tool_calls: rounds.map((round) => round.call) }
  return [spoken, ...rounds.map(({ call, output }) => ({ role: 'tool' as const, tool_call_id: call.id, text: output }))]
}

/** The calls of a step: those that the server carried out as its row remembers them, functions as the step shows them. */
export function roundsOf(row: StepRow): Round[] {
  const server = carriedOut(row)
  if (server.length > 0) {
    return server.map(({ id, name, arguments: given, output }) => ({ call: { id, name, arguments: given }, output }))
  }
  const { step_details } = fromText(row.body)
  return step_details.type === 'tool_calls' ? step_details.tool_calls.flatMap(functionRound) : []
}

function functionRound(call: ToolCall): Round[] {
  if (call.type !== 'function') return []
  const { name, arguments: given, output } = call.function
  return [{ call: { id: call.id, name, arguments: given }, output: output ?? '' }]
}
