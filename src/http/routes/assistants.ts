import { assistant, createAssistantRequest, modifyAssistantRequest } from '../../api/assistant.ts'
import { deletedObject, listOf, listQuery } from '../../api/list.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'

export function assistantRoutes({ assistants }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createAssistant',
      method: 'post',
      path: '/assistants',
      tag: 'Assistants',
      summary: 'Create an assistant.',
      body: createAssistantRequest,
      response: assistant,
      handle: ({ project, body }) => assistants.create(project, body),
    }),
    endpoint({
      operationId: 'listAssistants',
      method: 'get',
      path: '/assistants',
      tag: 'Assistants',
      summary: 'List assistants.',
      query: listQuery,
      response: listOf(assistant).openapi('ListAssistantsResponse'),
      handle: ({ project, query }) => assistants.list(project, query),
    }),
    endpoint({
      operationId: 'getAssistant',
      method: 'get',
      path: '/assistants/{assistant_id}',
      tag: 'Assistants',
      summary: 'Get an assistant.',
      response: assistant,
      handle: ({ project, params }) => assistants.get(project, params.assistant_id),
    }),
    endpoint({
      operationId: 'modifyAssistant',
      method: 'post',
      path: '/assistants/{assistant_id}',
      tag: 'Assistants',
      summary: 'Modify an assistant: what is left out stays as it is.',
      body: modifyAssistantRequest,
      response: assistant,
      handle: ({ project, params, body }) => assistants.modify(project, params.assistant_id, body),
    }),
    endpoint({
      operationId: 'deleteAssistant',
      method: 'delete',
      path: '/assistants/{assistant_id}',
      tag: 'Assistants',
      summary: 'Delete an assistant.',
      response: deletedObject('assistant.deleted').openapi('DeleteAssistantResponse'),
      handle: ({ project, params }) => assistants.remove(project, params.assistant_id),
    }),
  ]
}
