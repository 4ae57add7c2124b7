import { deletedObject, listOf } from '../../api/list.ts'
import {
  attachFileRequest,
  fileContentPage,
  modifyStoreFileRequest,
  storeFileListQuery,
  vectorStoreFile,
} from '../../api/vector-store.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'
import { pollHeaders } from './poll-headers.ts'

export const storeFileList = listOf(vectorStoreFile).openapi('ListVectorStoreFilesResponse')

export function vectorStoreFileRoutes({ vectorStoreFiles }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createVectorStoreFile',
      method: 'post',
      path: '/vector_stores/{vector_store_id}/files',
      tag: 'Vector stores',
      summary: 'Attach a file to a vector store; it is ingested afterwards.',
      body: attachFileRequest,
      response: vectorStoreFile,
      handle: ({ project, params, body }) => vectorStoreFiles.create(project, params.vector_store_id, body),
    }),
    endpoint({
      operationId: 'listVectorStoreFiles',
      method: 'get',
      path: '/vector_stores/{vector_store_id}/files',
      tag: 'Vector stores',
      summary: 'List the files of a vector store.',
      query: storeFileListQuery,
      response: storeFileList,
      handle: ({ project, params, query }) => vectorStoreFiles.list(project, params.vector_store_id, query),
    }),
    endpoint({
      operationId: 'getVectorStoreFile',
      method: 'get',
      path: '/vector_stores/{vector_store_id}/files/{file_id}',
      tag: 'Vector stores',
      summary: 'Get a file of a vector store, with how its ingestion stands.',
      response: vectorStoreFile,
      headers: pollHeaders,
      handle: ({ project, params }) => vectorStoreFiles.get(project, params.vector_store_id, params.file_id),
    }),
    endpoint({
      operationId: 'updateVectorStoreFileAttributes',
      method: 'post',
      path: '/vector_stores/{vector_store_id}/files/{file_id}',
      tag: 'Vector stores',
      summary: 'Replace the attributes of a file of a vector store.',
      body: modifyStoreFileRequest,
      response: vectorStoreFile,
      handle: ({ project, params, body }) =>
        vectorStoreFiles.modify(project, params.vector_store_id, params.file_id, body),
    }),
    endpoint({
      operationId: 'deleteVectorStoreFile',
      method: 'delete',
      path: '/vector_stores/{vector_store_id}/files/{file_id}',
      tag: 'Vector stores',
      summary: 'Take a file out of a vector store; the file itself stays.',
      response: deletedObject('vector_store.file.deleted').openapi('DeleteVectorStoreFileResponse'),
      handle: ({ project, params }) => vectorStoreFiles.remove(project, params.vector_store_id, params.file_id),
    }),
    endpoint({
      operationId: 'retrieveVectorStoreFileContent',
      method: 'get',
      path: '/vector_stores/{vector_store_id}/files/{file_id}/content',
      tag: 'Vector stores',
      summary: 'Get the text that was found in a file of a vector store.',
      response: fileContentPage,
      handle: ({ project, params }) => vectorStoreFiles.content(project, params.vector_store_id, params.file_id),
    }),
  ]
}
