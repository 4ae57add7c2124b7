import { listOf, listQuery } from '../../api/list.ts'
import { runStep } from '../../api/run-step.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'
import { includeQuery } from './include-query.ts'

export function runStepRoutes({ runs }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'listRunSteps',
      method: 'get',
      path: '/threads/{thread_id}/runs/{run_id}/steps',
      tag: 'Assistants',
      summary: 'List the steps of a run.',
      query: listQuery.extend(includeQuery.shape),
      response: listOf(runStep).openapi('ListRunStepsResponse'),
      handle: ({ project, params, query }) => runs.listSteps(project, params.thread_id, params.run_id, query),
    }),
    endpoint({
      operationId: 'getRunStep',
      method: 'get',
      path: '/threads/{thread_id}/runs/{run_id}/steps/{step_id}',
      tag: 'Assistants',
      summary: 'Get a step of a run.',
      query: includeQuery,
      response: runStep,
      handle: ({ project, params, query }) =>
        runs.getStep(project, params.thread_id, params.run_id, params.step_id, query),
    }),
  ]
}
