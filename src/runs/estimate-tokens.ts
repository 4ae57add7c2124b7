import type { ModelMessage, ModelTool } from '../ports/model.ts'

const perMessage = 4
/** What providers charge for an image of unknown size: a high-detail one of about a megapixel, or the low-detail flat. */
const perImage = { auto: 765, high: 765, low: 85 }

/**
 * About how many tokens a prompt takes. Upstreams tokenize each in their own way, so this only decides how much of a
 * thread to send; what a call really cost is what the upstream says afterwards.
 */
export function estimateTokens(messages: Iterable<ModelMessage>, tools: readonly ModelTool[] = []): number {
  let tokens = tools.length > 0 ? textTokens(JSON.stringify(tools)) : 0
  for (const message of messages) tokens += perMessage + messageTokens(message)
  return tokens
}

function messageTokens(message: ModelMessage): number {
  if (message.role === 'user') {
    return message.content.reduce(
      (sum, part) => sum + (part.type === 'text' ? textTokens(part.text) : perImage[part.detail]),
      0,
    )
  }
  if (message.role !== 'assistant') return textTokens(message.text)
  const calls = message.tool_calls.reduce((sum, call) => sum + textTokens(call.name) + textTokens(call.arguments), 0)
  return textTokens(message.text ?? '') + calls
}

/** Four characters a token for Latin text; scripts outside of it come nearer to one. */
function textTokens(text: string): number {
  let wide = 0
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x2ff) wide += 1
  return Math.ceil((text.length - wide) / 4 + wide)
}
