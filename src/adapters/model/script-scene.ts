import type { ModelMessage, ModelRequest, ModelTool } from '../../ports/model.ts'

/** What rules look at: one request, read from its end. */
export interface Scene {
  readonly model: string
  readonly lastUserMessage: string
  /** Outputs since the model spoke last; empty unless they are the last word. */
  readonly toolOutputs: readonly string[]
  /** Which reply to the last user message is asked for, from 1. */
  readonly turn: number
  /** The functions that may be called now. */
  readonly offered: readonly ModelTool[]
  readonly toolRequired: boolean
}

export function sceneOf({ model, messages, tools, tool_choice }: ModelRequest): Scene {
  const sinceUser = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1)
  const spoke = messages.findLastIndex(({ role }) => role !== 'tool')
  const wanted = typeof tool_choice === 'object' ? tool_choice.function : null
  return {
    model,
    lastUserMessage: textOf(messages.findLast(({ role }) => role === 'user')),
    toolOutputs: messages.slice(spoke + 1).map(textOf),
    turn: sinceUser.filter(({ role }) => role === 'assistant').length + 1,
    offered: tool_choice === 'none' ? [] : tools.filter(({ name }) => wanted === null || name === wanted),
    toolRequired: tool_choice === 'required' || wanted !== null,
  }
}

/** The text of a message, without its images. */
export function textOf(message: ModelMessage | undefined): string {
  if (!message) return ''
  if (message.role !== 'user') return message.text ?? ''
  return message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
}
