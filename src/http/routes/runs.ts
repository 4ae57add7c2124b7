import { listOf, listQuery } from '../../api/list.ts'
import {
  createRunRequest,
  createThreadAndRunRequest,
  modifyRunRequest,
  run,
  submitToolOutputsRequest,
} from '../../api/run.ts'
import type { StartedRun } from '../../runs/start-run.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import type { Services } from '../services.ts'
import { streamEvents } from '../sse.ts'
import { includeQuery } from './include-query.ts'
import { pollHeaders } from './poll-headers.ts'

export function runRoutes({ runs }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createThreadAndRun',
      method: 'post',
      path: '/threads/runs',
      tag: 'Assistants',
      summary: 'Create a thread and run it. With `stream` the reply is a `text/event-stream`.',
      body: createThreadAndRunRequest,
      response: run,
      async handle({ project, body, report }) {
        const started = await runs.createWithThread(project, body)
        return runOrEvents(started, { stream: body.stream, report })
      },
    }),
    endpoint({
      operationId: 'createRun',
      method: 'post',
      path: '/threads/{thread_id}/runs',
      tag: 'Assistants',
      summary: 'Run a thread. With `stream` the reply is a `text/event-stream`.',
      query: includeQuery,
      body: createRunRequest,
      response: run,
      async handle({ project, params, query, body, report }) {
        const started = await runs.create(project, params.thread_id, body, query)
        return runOrEvents(started, { stream: body.stream, report })
      },
    }),
    endpoint({
      operationId: 'listRuns',
      method: 'get',
      path: '/threads/{thread_id}/runs',
      tag: 'Assistants',
      summary: 'List the runs of a thread.',
      query: listQuery,
      response: listOf(run).openapi('ListRunsResponse'),
      handle: ({ project, params, query }) => runs.list(project, params.thread_id, query),
    }),
    endpoint({
      operationId: 'getRun',
      method: 'get',
      path: '/threads/{thread_id}/runs/{run_id}',
      tag: 'Assistants',
      summary: 'Get a run.',
      response: run,
      headers: pollHeaders,
      handle: ({ project, params }) => runs.get(project, params.thread_id, params.run_id),
    }),
    endpoint({
      operationId: 'modifyRun',
      method: 'post',
      path: '/threads/{thread_id}/runs/{run_id}',
      tag: 'Assistants',
      summary: "Replace a run's metadata.",
      body: modifyRunRequest,
      response: run,
      handle: ({ project, params, body }) => runs.modify(project, params.thread_id, params.run_id, body),
    }),
    endpoint({
      operationId: 'submitToolOuputsToRun', // misspelt in the published description, and so in every client
      method: 'post',
      path: '/threads/{thread_id}/runs/{run_id}/submit_tool_outputs',
      tag: 'Assistants',
      summary: 'Answer the tool calls that a run waits for. With `stream` the reply is a `text/event-stream`.',
      body: submitToolOutputsRequest,
      response: run,
      async handle({ project, params, body, report }) {
        const resumed = await runs.submitToolOutputs(project, params.thread_id, params.run_id, body)
        return runOrEvents(resumed, { stream: body.stream, report })
      },
    }),
    endpoint({
      operationId: 'cancelRun',
      method: 'post',
      path: '/threads/{thread_id}/runs/{run_id}/cancel',
      tag: 'Assistants',
      summary: 'Cancel a run.',
      response: run,
      handle: ({ project, params }) => runs.cancel(project, params.thread_id, params.run_id),
    }),
  ]
}

function runOrEvents(
  { run, events }: StartedRun,
  { stream, report }: { stream: boolean | null | undefined; report: (error: unknown) => void },
): string | Response {
  return stream === true ? streamEvents(events, { report }) : run
}
