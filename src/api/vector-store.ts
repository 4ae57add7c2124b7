import { z } from '@hono/zod-openapi'
import { metadataInput } from './metadata.ts'
import { toolResourcesInput } from './tool.ts'

/** How a file is cut for search; absent or `auto` means 800 tokens with 400 overlap. */
export const chunkingStrategyInput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({
    type: z.literal('static'),
    static: z
      .strictObject({
        max_chunk_size_tokens: z.int().min(100).max(4096),
        chunk_overlap_tokens: z.int().min(0),
      })
      .superRefine(({ max_chunk_size_tokens, chunk_overlap_tokens }, context) => {
        const maximum = Math.floor(max_chunk_size_tokens / 2)
        if (chunk_overlap_tokens <= maximum) return
        const params = { code: 'integer_above_max_value', maximum }
        context.addIssue({ code: 'custom', path: ['chunk_overlap_tokens'], params })
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
    .superRefine(({ vector_store_ids, vector_stores }, context) => {
      if (vector_store_ids === undefined || vector_stores === undefined) return
      context.addIssue({
        code: 'custom',
        path: ['vector_stores'],
        message:
          "Mutually exclusive parameters: 'vector_stores'. Ensure you are only providing one of: 'vector_store_ids' or 'vector_stores'.",
        params: { code: 'mutually_exclusive_parameters' },
      })
    })
    .optional(),
})
export type NewToolResourcesInput = z.infer<typeof newToolResourcesInput>
