import { z } from 'zod'

/**
 * One chunk of a streamed chat completion, as far as it is read here. Servers agree on little: whatever some of them
 * leave out or send as null may be missing, and an error may come instead, after a 200.
 */
const text = z.string().nullish()
const count = z.int().min(0).nullish().catch(null)

const toolCallDelta = z.object({
  index: z.int().nullish(),
  id: text,
  function: z
    .object({ name: text, arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish() })
    .nullish(),
})
export type ToolCallDelta = z.infer<typeof toolCallDelta>

const contentParts = z.array(z.object({ type: z.string(), text }))

const delta = z.object({
  content: z.union([z.string(), contentParts]).nullish(),
  refusal: text,
  tool_calls: z.array(toolCallDelta).nullish(),
  /** The older form of a single call. */
  function_call: toolCallDelta.shape.function,
})
export type Delta = z.infer<typeof delta>

const usage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish(),
})
export type ChunkUsage = z.infer<typeof usage>

export const chatChunk = z.object({
  /** `message` in place of `delta`: a whole reply, of a server that does not stream. */
  choices: z
    .array(
      z.object({ index: z.int().nullish(), delta: delta.nullish(), message: delta.nullish(), finish_reason: text }),
    )
    .nullish(),
  usage: usage.nullish(),
  error: z.unknown().optional(),
})
export type ChatChunk = z.infer<typeof chatChunk>
