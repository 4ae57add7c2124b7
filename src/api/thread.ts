import { z } from '@hono/zod-openapi'
import { createMessageRequest } from './message.ts'
import { metadata, metadataInput } from './metadata.ts'
import { toolResources, toolResourcesInput } from './tool.ts'
import { newToolResourcesInput } from './vector-store.ts'

export const thread = z
  .object({
    id: z.string(),
    object: z.literal('thread'),
    created_at: z.int(),
    metadata,
    tool_resources: toolResources,
  })
  .openapi('ThreadObject')
export type Thread = z.infer<typeof thread>

export const createThreadRequest = z
  .strictObject({
    messages: z.array(createMessageRequest).optional(),
    tool_resources: newToolResourcesInput.nullable().optional(),
    metadata: metadataInput,
  })
  .openapi('CreateThreadRequest')
export type CreateThreadRequest = z.infer<typeof createThreadRequest>

export const modifyThreadRequest = z
  .strictObject({ tool_resources: toolResourcesInput.nullable().optional(), metadata: metadataInput })
  .openapi('ModifyThreadRequest')
export type ModifyThreadRequest = z.infer<typeof modifyThreadRequest>
