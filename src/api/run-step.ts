import { z } from '@hono/zod-openapi'
import { usage } from './run.ts'
import { rankingOptions } from './tool.ts'

export const stepStatus = z.enum(['in_progress', 'cancelled', 'failed', 'completed', 'expired'])
export type StepStatus = z.infer<typeof stepStatus>

const codeOutput = z.discriminatedUnion('type', [
  z.object({ type: z.literal('logs'), logs: z.string() }).openapi('RunStepDetailsToolCallsCodeOutputLogsObject'),
  z
    .object({ type: z.literal('image'), image: z.object({ file_id: z.string() }) })
    .openapi('RunStepDetailsToolCallsCodeOutputImageObject'),
])
export type CodeOutput = z.infer<typeof codeOutput>

const searchResult = z.object({
  file_id: z.string(),
  file_name: z.string(),
  score: z.number().min(0).max(1),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })).optional(),
})

/** One call of a tool as its step records it; a function's `output` is null until the client submits it. */
export const toolCall = z.discriminatedUnion('type', [
  z
    .object({
      id: z.string(),
      type: z.literal('code_interpreter'),
      code_interpreter: z.object({ input: z.string(), outputs: z.array(codeOutput) }),
    })
    .openapi('RunStepDetailsToolCallsCodeObject'),
  z
    .object({
      id: z.string(),
      type: z.literal('file_search'),
      file_search: z.object({
        ranking_options: rankingOptions.required().optional(),
        results: z.array(searchResult).optional(),
      }),
    })
    .openapi('RunStepDetailsToolCallsFileSearchObject'),
  z
    .object({
      id: z.string(),
      type: z.literal('function'),
      function: z.object({ name: z.string(), arguments: z.string(), output: z.string().nullable() }),
    })
    .openapi('RunStepDetailsToolCallsFunctionObject'),
])
export type ToolCall = z.infer<typeof toolCall>
export type FunctionToolCall = Extract<ToolCall, { type: 'function' }>

export const stepDetails = z.discriminatedUnion('type', [
  z
    .object({ type: z.literal('message_creation'), message_creation: z.object({ message_id: z.string() }) })
    .openapi('RunStepDetailsMessageCreationObject'),
  z.object({ type: z.literal('tool_calls'), tool_calls: z.array(toolCall) }).openapi('RunStepDetailsToolCallsObject'),
])
export type StepDetails = z.infer<typeof stepDetails>

/**
 * The record of one thing a run did: one message written, or one round of tool calls.
 * `expires_at` is not in the published schema but was on the wire; strict clients ignore it at this level.
 */
export const runStep = z
  .object({
    id: z.string(),
    object: z.literal('thread.run.step'),
    created_at: z.int(),
    run_id: z.string(),
    assistant_id: z.string(),
    thread_id: z.string(),
    type: z.enum(['message_creation', 'tool_calls']),
    status: stepStatus,
    cancelled_at: z.int().nullable(),
    completed_at: z.int().nullable(),
    expires_at: z.int().nullable(),
    expired_at: z.int().nullable(),
    failed_at: z.int().nullable(),
    last_error: z.object({ code: z.enum(['server_error', 'rate_limit_exceeded']), message: z.string() }).nullable(),
    step_details: stepDetails,
    metadata: z.record(z.string(), z.string()),
    usage: usage.nullable(),
  })
  .openapi('RunStepObject')
export type RunStep = z.infer<typeof runStep>

const fileSearchContent = 'step_details.tool_calls[*].file_search.results[*].content'

/** `include[]`: what a step shows beyond its usual fields. */
export const include = z.enum([fileSearchContent])
export type Include = z.infer<typeof include>
