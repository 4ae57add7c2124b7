import { deletedObject, listOf, listQuery } from '../../api/list.ts'
import {
  createVectorStoreRequest,
  modifyVectorStoreRequest,
  searchPage,
  searchQuery,
  searchRequest,
  vectorStore,
} from '../../api/vector-store.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'

export function vectorStoreRoutes({ vectorStores }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createVectorStore',
      method: 'post',
      path: '/vector_stores',
      tag: 'Vector stores',
      summary: 'Create a vector store; files that come with it are ingested afterwards.',
      body: createVectorStoreRequest,
      response: vectorStore,
      handle: ({ project, body }) => vectorStores.create(project, body),
    }),
    endpoint({
      operationId: 'listVectorStores',
      method: 'get',
      path: '/vector_stores',
      tag: 'Vector stores',
      summary: 'List vector stores.',
      query: listQuery,
      response: listOf(vectorStore).openapi('ListVectorStoresResponse'),
      handle: ({ project, query }) => vectorStores.list(project, query),
    }),
    endpoint({
      operationId: 'getVectorStore',
      method: 'get',
      path: '/vector_stores/{vector_store_id}',
      tag: 'Vector stores',
      summary: 'Get a vector store.',
      response: vectorStore,
      handle: ({ project, params }) => vectorStores.get(project, params.vector_store_id),
    }),
    endpoint({
      operationId: 'modifyVectorStore',
      method: 'post',
      path: '/vector_stores/{vector_store_id}',
      tag: 'Vector stores',
      summary: 'Modify a vector store: what is left out stays as it is.',
      body: modifyVectorStoreRequest,
      response: vectorStore,
      handle: ({ project, params, body }) => vectorStores.modify(project, params.vector_store_id, body),
    }),
    endpoint({
      operationId: 'deleteVectorStore',
      method: 'delete',
      path: '/vector_stores/{vector_store_id}',
      tag: 'Vector stores',
      summary: 'Delete a vector store; its files stay.',
      response: deletedObject('vector_store.deleted').openapi('DeleteVectorStoreResponse'),
      handle: ({ project, params }) => vectorStores.remove(project, params.vector_store_id),
    }),
    endpoint({
      operationId: 'searchVectorStore',
      method: 'post',
      path: '/vector_stores/{vector_store_id}/search',
      tag: 'Vector stores',
      summary: 'Search a vector store for passages.',
      query: searchQuery,
      body: searchRequest,
      response: searchPage,
      handle: ({ project, params, query, body, request }) =>
        vectorStores.search(project, params.vector_store_id, body, { offset: query.page, signal: request.signal }),
    }),
  ]
}
