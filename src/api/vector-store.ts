import { z } from '@hono/zod-openapi'
import { listQuery } from './list.ts'
import { metadata, metadataInput } from './metadata.ts'
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
      exclude(context, 'vector_stores', 'vector_store_ids')
    })
    .optional(),
})
export type NewToolResourcesInput = z.infer<typeof newToolResourcesInput>

export const fileCounts = z
  .object({ in_progress: z.int(), completed: z.int(), failed: z.int(), cancelled: z.int(), total: z.int() })
  .openapi('VectorStoreFileCounts')
export type FileCounts = z.infer<typeof fileCounts>

const storeExpiresAfter = z.strictObject({ anchor: z.literal('last_active_at'), days: z.int().min(1).max(365) })
export type StoreExpiresAfter = z.infer<typeof storeExpiresAfter>

export const vectorStore = z
  .object({
    id: z.string(),
    object: z.literal('vector_store'),
    created_at: z.int(),
    name: z.string(),
    description: z.string().nullable(),
    usage_bytes: z.int(),
    file_counts: fileCounts,
    status: z.enum(['expired', 'in_progress', 'completed']),
    expires_after: storeExpiresAfter.nullable(),
    expires_at: z.int().nullable(),
    last_active_at: z.int().nullable(),
    metadata,
  })
  .openapi('VectorStoreObject')
export type VectorStore = z.infer<typeof vectorStore>

export const createVectorStoreRequest = z
  .strictObject({
    file_ids: z.array(z.string()).max(500).optional(),
    name: z.string().nullable().optional(),
    description: z.string().nullable().optional(),
    expires_after: storeExpiresAfter.nullable().optional(),
    chunking_strategy: chunkingStrategyInput.optional(),
    metadata: metadataInput,
  })
  .openapi('CreateVectorStoreRequest')
export type CreateVectorStoreRequest = z.infer<typeof createVectorStoreRequest>

export const modifyVectorStoreRequest = z
  .strictObject({
    name: z.string().nullable().optional(),
    expires_after: storeExpiresAfter.nullable().optional(),
    metadata: metadataInput,
  })
  .openapi('UpdateVectorStoreRequest')
export type ModifyVectorStoreRequest = z.infer<typeof modifyVectorStoreRequest>

const attributeValue = z.union([z.string().max(512), z.number(), z.boolean()])

/** Up to 16 values that a client attaches to a file of a store, for filters to go by. */
export const attributes = z.record(z.string().max(64), attributeValue).superRefine((pairs, context) => {
  const count = Object.keys(pairs).length
  if (count <= 16) return
  context.addIssue({ code: 'custom', params: { code: 'object_above_max_properties', maximum: 16, count } })
})
export type Attributes = z.infer<typeof attributes>

/** How a file was cut, as it is shown; `auto` shows as the numbers it stands for. */
const chunkingStrategy = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('static'),
      static: z.object({ max_chunk_size_tokens: z.int(), chunk_overlap_tokens: z.int() }),
    })
    .openapi('StaticChunkingStrategyResponseParam'),
  z.object({ type: z.literal('other') }).openapi('OtherChunkingStrategyResponseParam'),
])

export const fileErrorCode = z.enum(['server_error', 'unsupported_file', 'invalid_file'])

const storeFileStatus = z.enum(['in_progress', 'completed', 'cancelled', 'failed'])
export type StoreFileStatus = z.infer<typeof storeFileStatus>

/** A file within a store: its id is the file's. */
export const vectorStoreFile = z
  .object({
    id: z.string(),
    object: z.literal('vector_store.file'),
    usage_bytes: z.int(),
    created_at: z.int(),
    vector_store_id: z.string(),
    status: storeFileStatus,
    last_error: z.object({ code: fileErrorCode, message: z.string() }).nullable(),
    chunking_strategy: chunkingStrategy,
    attributes,
  })
  .openapi('VectorStoreFileObject')
export type VectorStoreFile = z.infer<typeof vectorStoreFile>

export const attachFileRequest = z
  .strictObject({
    file_id: z.string(),
    chunking_strategy: chunkingStrategyInput.optional(),
    attributes: attributes.nullable().optional(),
  })
  .openapi('CreateVectorStoreFileRequest')
export type AttachFileRequest = z.infer<typeof attachFileRequest>

export const modifyStoreFileRequest = z
  .strictObject({ attributes: attributes.nullable() })
  .openapi('UpdateVectorStoreFileAttributesRequest')
export type ModifyStoreFileRequest = z.infer<typeof modifyStoreFileRequest>

export const storeFileListQuery = listQuery.extend({ filter: storeFileStatus.optional() })
export type StoreFileListQuery = z.infer<typeof storeFileListQuery>

export const fileBatch = z
  .object({
    id: z.string(),
    object: z.literal('vector_store.files_batch'),
    created_at: z.int(),
    vector_store_id: z.string(),
    status: z.enum(['in_progress', 'completed', 'cancelled', 'failed']),
    file_counts: fileCounts,
  })
  .openapi('VectorStoreFileBatchObject')
export type FileBatch = z.infer<typeof fileBatch>

/** Exactly one of `file_ids` and `files`; what stands beside `file_ids` holds for all of them. */
export const createFileBatchRequest = z
  .strictObject({
    file_ids: z.array(z.string()).min(1).max(2000).optional(),
    files: z.array(attachFileRequest).min(1).max(2000).optional(),
    chunking_strategy: chunkingStrategyInput.optional(),
    attributes: attributes.nullable().optional(),
  })
  .superRefine(({ file_ids, files }, context) => {
    if (file_ids === undefined && files === undefined) {
      const params = { code: 'missing_required_parameter' }
      context.addIssue({ code: 'custom', path: ['file_ids'], params })
    }
    if (file_ids !== undefined && files !== undefined) exclude(context, 'files', 'file_ids')
  })
  .openapi('CreateVectorStoreFileBatchRequest')
export type CreateFileBatchRequest = z.infer<typeof createFileBatchRequest>

const comparison = z
  .strictObject({
    type: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin']),
    key: z.string(),
    value: z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))]),
  })
  .openapi('ComparisonFilter')

/** What a file's attributes must be like: one comparison, or several joined. */
export type AttributeFilter = z.infer<typeof comparison> | { type: 'and' | 'or'; filters: AttributeFilter[] }

const compound = z
  .strictObject({ type: z.enum(['and', 'or']), filters: z.array(z.lazy(() => attributeFilter)) })
  .openapi('CompoundFilter')

export const attributeFilter: z.ZodType<AttributeFilter> = z.discriminatedUnion('type', [comparison, compound])

/** Which page of a search is wanted: the `next_page` of the one before. */
export const searchQuery = z.object({ page: z.coerce.number().int().min(0).max(10_000).default(0) })

export const searchRequest = z
  .strictObject({
    query: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    rewrite_query: z.boolean().optional(),
    max_num_results: z.int().min(1).max(50).optional(),
    filters: attributeFilter.optional(),
    ranking_options: z
      .strictObject({
        ranker: z.enum(['none', 'auto', 'default-2024-11-15']).optional(),
        score_threshold: z.number().min(0).max(1).optional(),
        hybrid_search: z
          .strictObject({ embedding_weight: z.number().min(0), text_weight: z.number().min(0) })
          .refine(({ embedding_weight, text_weight }) => embedding_weight + text_weight > 0, {
            error: 'At least one of embedding_weight and text_weight must be greater than zero.',
            params: { code: 'invalid_value' },
          })
          .optional(),
      })
      .optional(),
  })
  .openapi('VectorStoreSearchRequest')
export type SearchStoreRequest = z.infer<typeof searchRequest>

const textContent = z.object({ type: z.literal('text'), text: z.string() })

export const searchPage = z
  .object({
    object: z.literal('vector_store.search_results.page'),
    search_query: z.array(z.string()),
    data: z.array(
      z.object({
        file_id: z.string(),
        filename: z.string(),
        score: z.number().min(0).max(1),
        attributes,
        content: z.array(textContent),
      }),
    ),
    has_more: z.boolean(),
    next_page: z.string().nullable(),
  })
  .openapi('VectorStoreSearchResultsPage')
export type SearchPage = z.infer<typeof searchPage>

export const fileContentPage = z
  .object({
    object: z.literal('vector_store.file_content.page'),
    data: z.array(textContent),
    has_more: z.literal(false),
    next_page: z.null(),
  })
  .openapi('VectorStoreFileContentResponse')
export type FileContentPage = z.infer<typeof fileContentPage>

/** Refuses a parameter that stands beside another which it cannot be combined with. */
function exclude(context: z.RefinementCtx, name: string, other: string): void {
  context.addIssue({
    code: 'custom',
    path: [name],
    message: `Mutually exclusive parameters: '${name}'. Ensure you are only providing one of: '${other}' or '${name}'.`,
    params: { code: 'mutually_exclusive_parameters' },
  })
}
