import { z } from '@hono/zod-openapi'
import { metadata, metadataInput } from './metadata.ts'
import { reasoningEffort, responseFormat, tool, toolResources, toolResourcesInput, tools } from './tool.ts'
import { newToolResourcesInput } from './vector-store.ts'

export const assistant = z
  .object({
    id: z.string(),
    object: z.literal('assistant'),
    created_at: z.int(),
    name: z.string().max(256).nullable(),
    description: z.string().max(512).nullable(),
    model: z.string(),
    instructions: z.string().max(256_000).nullable(),
    tools: z.array(tool).max(128),
    top_p: z.number().nullable(),
    temperature: z.number().nullable(),
    reasoning_effort: reasoningEffort.nullable(),
    tool_resources: toolResources,
    metadata,
    response_format: responseFormat,
  })
  .openapi('AssistantObject')
export type Assistant = z.infer<typeof assistant>

const settings = {
  name: z.string().max(256).nullable().optional(),
  description: z.string().max(512).nullable().optional(),
  instructions: z.string().max(256_000).nullable().optional(),
  reasoning_effort: reasoningEffort.nullable().optional(),
  tools: tools.optional(),
  metadata: metadataInput,
  temperature: z.number().min(0).max(2).nullable().optional(),
  top_p: z.number().min(0).max(1).nullable().optional(),
  response_format: responseFormat.nullable().optional(),
}

export const createAssistantRequest = z
  .strictObject({
    model: z.string().min(1),
    ...settings,
    tool_resources: newToolResourcesInput.nullable().optional(),
  })
  .openapi('CreateAssistantRequest')
export type CreateAssistantRequest = z.infer<typeof createAssistantRequest>

export const modifyAssistantRequest = z
  .strictObject({
    model: z.string().min(1).optional(),
    ...settings,
    tool_resources: toolResourcesInput.nullable().optional(),
  })
  .openapi('ModifyAssistantRequest')
export type ModifyAssistantRequest = z.infer<typeof modifyAssistantRequest>
