import { createFileBatchRequest, fileBatch, storeFileListQuery } from '../../api/vector-store.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'
import { pollHeaders } from './poll-headers.ts'
import { storeFileList } from './vector-store-files.ts'

export function fileBatchRoutes({ fileBatches }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createVectorStoreFileBatch',
      method: 'post',
      path: '/vector_stores/{vector_store_id}/file_batches',
      tag: 'Vector stores',
      summary: 'Attach many files to a vector store at once.',
      body: createFileBatchRequest,
      response: fileBatch,
      handle: ({ project, params, body }) => fileBatches.create(project, params.vector_store_id, body),
    }),
    endpoint({
      operationId: 'getVectorStoreFileBatch',
      method: 'get',
      path: '/vector_stores/{vector_store_id}/file_batches/{batch_id}',
      tag: 'Vector stores',
      summary: 'Get a batch, with how the ingestion of its files stands.',
      response: fileBatch,
      headers: pollHeaders,
      handle: ({ project, params }) => fileBatches.get(project, params.vector_store_id, params.batch_id),
    }),
    endpoint({
      operationId: 'cancelVectorStoreFileBatch',
      method: 'post',
      path: '/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel',
      tag: 'Vector stores',
      summary: 'Cancel what a batch has not ingested yet.',
      response: fileBatch,
      handle: ({ project, params }) => fileBatches.cancel(project, params.vector_store_id, params.batch_id),
    }),
    endpoint({
      operationId: 'listFilesInVectorStoreBatch',
      method: 'get',
      path: '/vector_stores/{vector_store_id}/file_batches/{batch_id}/files',
      tag: 'Vector stores',
      summary: 'List the files of a batch.',
      query: storeFileListQuery,
      response: storeFileList,
      handle: ({ project, params, query }) =>
        fileBatches.listFiles(project, params.vector_store_id, params.batch_id, query),
    }),
  ]
}
