import { deletedObject } from '../../api/list.ts'
import { createThreadRequest, modifyThreadRequest, thread } from '../../api/thread.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'

export function threadRoutes({ threads }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createThread',
      method: 'post',
      path: '/threads',
      tag: 'Assistants',
      summary: 'Create a thread, with its first messages if there are any.',
      body: createThreadRequest,
      response: thread,
      handle: ({ project, body }) => threads.create(project, body),
    }),
    endpoint({
      operationId: 'getThread',
      method: 'get',
      path: '/threads/{thread_id}',
      tag: 'Assistants',
      summary: 'Get a thread.',
      response: thread,
      handle: ({ project, params }) => threads.get(project, params.thread_id),
    }),
    endpoint({
      operationId: 'modifyThread',
      method: 'post',
      path: '/threads/{thread_id}',
      tag: 'Assistants',
      summary: 'Modify a thread: what is left out stays as it is.',
      body: modifyThreadRequest,
      response: thread,
      handle: ({ project, params, body }) => threads.modify(project, params.thread_id, body),
    }),
    endpoint({
      operationId: 'deleteThread',
      method: 'delete',
      path: '/threads/{thread_id}',
      tag: 'Assistants',
      summary: 'Delete a thread with its messages, runs and steps.',
      response: deletedObject('thread.deleted').openapi('DeleteThreadResponse'),
      handle: ({ project, params }) => threads.remove(project, params.thread_id),
    }),
  ]
}
