import { z } from '@hono/zod-openapi'
import { deletedObject } from '../../api/list.ts'
import { model } from '../../api/model.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'

/** Not a page: all models at once, without cursors. */
const listModelsResponse = z.object({ object: z.literal('list'), data: z.array(model) }).openapi('ListModelsResponse')

export function modelRoutes({ models }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'listModels',
      method: 'get',
      path: '/models',
      tag: 'Models',
      summary: 'List the models that can be used.',
      response: listModelsResponse,
      handle: () => models.list(),
    }),
    endpoint({
      operationId: 'retrieveModel',
      method: 'get',
      path: '/models/{model}',
      tag: 'Models',
      summary: 'Get a model.',
      response: model,
      handle: ({ params }) => models.get(params.model),
    }),
    endpoint({
      operationId: 'deleteModel',
      method: 'delete',
      path: '/models/{model}',
      tag: 'Models',
      summary: 'Delete a model of your own.',
      response: deletedObject('model').openapi('DeleteModelResponse'),
      handle: ({ params }) => models.remove(params.model),
    }),
  ]
}
