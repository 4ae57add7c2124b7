import { z } from '@hono/zod-openapi'
import { citationList } from '../../api/citation.ts'
import { deletedObject, listOf, listQuery } from '../../api/list.ts'
import { createMessageRequest, message, modifyMessageRequest } from '../../api/message.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'

export function messageRoutes({ messages }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createMessage',
      method: 'post',
      path: '/threads/{thread_id}/messages',
      tag: 'Assistants',
      summary: 'Add a message to a thread.',
      body: createMessageRequest,
      response: message,
      handle: ({ project, params, body }) => messages.create(project, params.thread_id, body),
    }),
    endpoint({
      operationId: 'listMessages',
      method: 'get',
      path: '/threads/{thread_id}/messages',
      tag: 'Assistants',
      summary: 'List the messages of a thread, or those that one of its runs made.',
      query: listQuery.extend({ run_id: z.string().optional() }),
      response: listOf(message).openapi('ListMessagesResponse'),
      handle: ({ project, params, query }) => messages.list(project, params.thread_id, query),
    }),
    endpoint({
      operationId: 'getMessage',
      method: 'get',
      path: '/threads/{thread_id}/messages/{message_id}',
      tag: 'Assistants',
      summary: 'Get a message.',
      response: message,
      handle: ({ project, params }) => messages.get(project, params.thread_id, params.message_id),
    }),
    endpoint({
      operationId: 'modifyMessage',
      method: 'post',
      path: '/threads/{thread_id}/messages/{message_id}',
      tag: 'Assistants',
      summary: "Replace a message's metadata.",
      body: modifyMessageRequest,
      response: message,
      handle: ({ project, params, body }) => messages.modify(project, params.thread_id, params.message_id, body),
    }),
    endpoint({
      operationId: 'deleteMessage',
      method: 'delete',
      path: '/threads/{thread_id}/messages/{message_id}',
      tag: 'Assistants',
      summary: 'Delete a message.',
      response: deletedObject('thread.message.deleted').openapi('DeleteMessageResponse'),
      handle: ({ project, params }) => messages.remove(project, params.thread_id, params.message_id),
    }),
    endpoint({
      operationId: 'listMessageCitations',
      method: 'get',
      path: '/threads/{thread_id}/messages/{message_id}/citations',
      tag: 'Assistants',
      summary: 'What the citations of a message point at: quote, page, headings. An extension of Reprise.',
      response: citationList,
      handle: ({ project, params }) => messages.citations(project, params.thread_id, params.message_id),
    }),
  ]
}
