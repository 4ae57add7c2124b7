import { z } from '@hono/zod-openapi'
import { metadataInput } from './metadata.ts'
import { toolResourcesInput } from './tool.ts'

/** How a file is cut for search; absent or `auto` means 800 tokens with 400 overlap. */
export const chunkingStrategyInput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({
    type: z.literal('static'),
    static: z.strictObject({
      max_chunk_size_tokens: z.int().min(100).max(4096),
      chunk_overlap_tokens: z.int().min(0),
    }),
  }),
])

/** The helper that makes a vector store along with an assistant or a thread. */
const vectorStoreHelper = z.strictObject({
  file_ids: z.array(z.string()).max(10_000).optional(),
  chunking_strategy: chunkingStrategyInput.optional(),
  metadata: metadataInput,
})

/** Tool resources on create: ids as everywhere, or one `vector_stores` entry to be made. */
export const newToolResourcesInput = toolResourcesInput.extend({
  file_search: z
    .strictObject({
      vector_store_ids: z.array(z.string()).max(1).optional(),
      vector_stores: z.array(vectorStoreHelper).max(1).optional(),
    })
    .optional(),
})
export type NewToolResourcesInput = z.infer<typeof newToolResourcesInput>
