import { z } from '@hono/zod-openapi'
import { createMessageRequest } from './message.ts'
import { metadata, metadataInput } from './metadata.ts'
import { createThreadRequest } from './thread.ts'
import { reasoningEffort, responseFormat, tool, toolChoice, toolResources, toolResourcesInput, tools } from './tool.ts'

export const runStatus = z.enum([
  'queued',
  'in_progress',
  'requires_action',
  'cancelling',
  'cancelled',
  'failed',
  'completed',
  'incomplete',
  'expired',
])
export type RunStatus = z.infer<typeof runStatus>

/** Token counts as the upstream reported them; the two detail objects are what the original sent. */
export const usage = z
  .object({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    prompt_token_details: z.object({ cached_tokens: z.int() }),
    completion_tokens_details: z.object({ reasoning_tokens: z.int() }),
  })
  .openapi('RunCompletionUsage')
export type Usage = z.infer<typeof usage>

export const truncationStrategy = z.object({
  type: z.enum(['auto', 'last_messages']),
  last_messages: z.int().min(1).nullable(),
})
export type TruncationStrategy = z.infer<typeof truncationStrategy>

export const functionCall = z
  .object({
    id: z.string(),
    type: z.literal('function'),
    function: z.object({ name: z.string(), arguments: z.string() }),
  })
  .openapi('RunToolCallObject')
export type FunctionCall = z.infer<typeof functionCall>

export const runErrorCode = z.enum(['server_error', 'rate_limit_exceeded', 'invalid_prompt'])
export type RunError = { code: z.infer<typeof runErrorCode>; message: string }

export const run = z
  .object({
    id: z.string(),
    object: z.literal('thread.run'),
    created_at: z.int(),
    assistant_id: z.string(),
    thread_id: z.string(),
    status: runStatus,
    started_at: z.int().nullable(),
    expires_at: z.int().nullable(),
    cancelled_at: z.int().nullable(),
    failed_at: z.int().nullable(),
    completed_at: z.int().nullable(),
    required_action: z
      .object({
        type: z.literal('submit_tool_outputs'),
        submit_tool_outputs: z.object({ tool_calls: z.array(functionCall) }),
      })
      .nullable(),
    last_error: z.object({ code: runErrorCode, message: z.string() }).nullable(),
    model: z.string(),
    instructions: z.string(),
    tools: z.array(tool),
    tool_resources: toolResources,
    metadata,
    temperature: z.number().nullable(),
    top_p: z.number().nullable(),
    reasoning_effort: reasoningEffort.nullable(),
    max_completion_tokens: z.int().nullable(),
    max_prompt_tokens: z.int().nullable(),
    truncation_strategy: truncationStrategy,
    incomplete_details: z.object({ reason: z.enum(['max_completion_tokens', 'max_prompt_tokens']) }).nullable(),
    usage: usage.nullable(),
    response_format: responseFormat,
    tool_choice: toolChoice,
    parallel_tool_calls: z.boolean(),
  })
  .openapi('RunObject')
export type Run = z.infer<typeof run>

const truncationInput = z
  .strictObject({
    type: z.enum(['auto', 'last_messages']),
    last_messages: z.int().min(1).nullable().optional(),
  })
  .superRefine(({ type, last_messages }, context) => {
    if (type !== 'last_messages' || typeof last_messages === 'number') return
    context.addIssue({ code: 'custom', path: ['last_messages'], params: { code: 'missing_required_parameter' } })
  })

const overrides = {
  assistant_id: z.string().startsWith('asst'),
  model: z.string().min(1).nullable().optional(),
  reasoning_effort: reasoningEffort.nullable().optional(),
  instructions: z.string().max(256_000).nullable().optional(),
  tools: tools.nullable().optional(),
  metadata: metadataInput,
  temperature: z.number().min(0).max(2).nullable().optional(),
  top_p: z.number().min(0).max(1).nullable().optional(),
  stream: z.boolean().nullable().optional(),
  max_prompt_tokens: z.int().min(256).nullable().optional(),
  max_completion_tokens: z.int().min(256).nullable().optional(),
  truncation_strategy: truncationInput.nullable().optional(),
  tool_choice: toolChoice.nullable().optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: responseFormat.nullable().optional(),
}

export const createRunRequest = z
  .strictObject({
    ...overrides,
    additional_instructions: z.string().max(256_000).nullable().optional(),
    additional_messages: z.array(createMessageRequest).nullable().optional(),
  })
  .openapi('CreateRunRequest')
export type CreateRunRequest = z.infer<typeof createRunRequest>

export const createThreadAndRunRequest = z
  .strictObject({
    ...overrides,
    thread: createThreadRequest.optional(),
    tool_resources: toolResourcesInput.nullable().optional(),
  })
  .openapi('CreateThreadAndRunRequest')
export type CreateThreadAndRunRequest = z.infer<typeof createThreadAndRunRequest>

export const modifyRunRequest = z.strictObject({ metadata: metadataInput }).openapi('ModifyRunRequest')
export type ModifyRunRequest = z.infer<typeof modifyRunRequest>

export const submitToolOutputsRequest = z
  .strictObject({
    tool_outputs: z.array(z.strictObject({ tool_call_id: z.string().optional(), output: z.string().optional() })),
    stream: z.boolean().nullable().optional(),
  })
  .openapi('SubmitToolOutputsRunRequest')
export type SubmitToolOutputsRequest = z.infer<typeof submitToolOutputsRequest>
