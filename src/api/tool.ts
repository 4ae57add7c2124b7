import { z } from '@hono/zod-openapi'

const functionName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/)
const jsonSchema = z.record(z.string(), z.unknown())

export const rankingOptions = z.strictObject({
  ranker: z.enum(['auto', 'default_2024_08_21']).optional(),
  score_threshold: z.number().min(0).max(1),
})

const codeInterpreterTool = z.strictObject({ type: z.literal('code_interpreter') }).openapi('AssistantToolsCode')

const fileSearchTool = z
  .strictObject({
    type: z.literal('file_search'),
    file_search: z
      .strictObject({
        max_num_results: z.int().min(1).max(50).optional(),
        ranking_options: rankingOptions.optional(),
      })
      .optional(),
  })
  .openapi('AssistantToolsFileSearch')

const functionTool = z
  .strictObject({
    type: z.literal('function'),
    function: z.strictObject({
      name: functionName,
      description: z.string().optional(),
      parameters: jsonSchema.optional(),
      strict: z.boolean().nullable().optional(),
    }),
  })
  .openapi('AssistantToolsFunction')
export type FunctionTool = z.infer<typeof functionTool>

/** A tool of an assistant or of one run. The closed union that every `switch` over tools ends with. */
export const tool = z.discriminatedUnion('type', [codeInterpreterTool, fileSearchTool, functionTool])
export type Tool = z.infer<typeof tool>

export const tools = z.array(tool).max(128)

/** How freely the model may call tools; a named tool is forced once. */
export const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z
    .strictObject({
      type: z.enum(['function', 'code_interpreter', 'file_search']),
      function: z.strictObject({ name: functionName }).optional(),
    })
    .superRefine((choice, context) => {
      if (choice.type !== 'function' || choice.function !== undefined) return
      context.addIssue({ code: 'custom', path: ['function'], params: { code: 'missing_required_parameter' } })
    })
    .openapi('AssistantsNamedToolChoice'),
])
export type ToolChoice = z.infer<typeof toolChoice>

export const responseFormat = z.union([
  z.literal('auto'),
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text') }).openapi('ResponseFormatText'),
    z.strictObject({ type: z.literal('json_object') }).openapi('ResponseFormatJsonObject'),
    z
      .strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: functionName,
          description: z.string().optional(),
          schema: jsonSchema.optional(),
          strict: z.boolean().nullable().optional(),
        }),
      })
      .openapi('ResponseFormatJsonSchema'),
  ]),
])
export type ResponseFormat = z.infer<typeof responseFormat>

export const reasoningEffort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
export type ReasoningEffort = z.infer<typeof reasoningEffort>

/** The files and stores that an assistant's or a thread's tools may use, as they are shown. */
export const toolResources = z.object({
  code_interpreter: z.object({ file_ids: z.array(z.string()).max(20) }).optional(),
  file_search: z.object({ vector_store_ids: z.array(z.string()).max(1) }).optional(),
})
export type ToolResources = z.infer<typeof toolResources>

/** Tool resources as a client writes them, by id only. */
export const toolResourcesInput = z.strictObject({
  code_interpreter: z.strictObject({ file_ids: z.array(z.string()).max(20).optional() }).optional(),
  file_search: z.strictObject({ vector_store_ids: z.array(z.string()).max(1).optional() }).optional(),
})
export type ToolResourcesInput = z.infer<typeof toolResourcesInput>
