import { APIError } from 'openai'
import { expect } from 'vitest'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { readEventStream } from '../support/event-stream.ts'
import { answerTo } from './paced-upstream.ts'
import type { ClusterNode } from './start-cluster.ts'

/** A run, and what it was asked. */
export interface AskedRun {
  readonly id: string
  readonly thread_id: string
  readonly asked: string
}

export async function beginRun(node: ClusterNode, assistant_id: string, asked: string): Promise<AskedRun> {
  const thread = { messages: [{ role: 'user' as const, content: asked }] }
  const { id, thread_id } = await node.client.beta.threads.createAndRun({ assistant_id, thread })
  return { id, thread_id, asked }
}

export interface StreamedRun extends AskedRun {
  /** All that the stream tells, once it is over. */
  readonly told: Promise<StreamEvent[]>
}

/** Resolves once the run is there. */
export async function streamRun(node: ClusterNode, assistant_id: string, asked: string): Promise<StreamedRun> {
  const { threads } = node.client.beta
  const { id: thread_id } = await threads.create({ messages: [{ role: 'user', content: asked }] })
  const response = await fetch(`${node.url}/v1/threads/${thread_id}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ assistant_id, stream: true }),
  })
  if (!response.ok) throw APIError.generate(response.status, Object(await response.json()), undefined, response.headers)
  const told = readEventStream(response)
  told.catch(() => {}) // whoever waits for it meets the error
  const [run] = (await threads.runs.list(thread_id)).data
  if (!run) throw new Error('the stream began without a run')
  return { id: run.id, thread_id, asked, told }
}

export async function statusAt(node: ClusterNode, { id, thread_id }: AskedRun): Promise<string> {
  return (await node.client.beta.threads.runs.retrieve(id, { thread_id })).status
}

/** Fails unless the run is completed, and everything of it is there once. */
export async function checkDoneOnce(node: ClusterNode, { id, thread_id, asked }: AskedRun): Promise<void> {
  const { runs, messages } = node.client.beta.threads
  const run = await runs.retrieve(id, { thread_id })
  expect([run.status, run.last_error]).toEqual(['completed', null])
  const { data: steps } = await runs.steps.list(id, { thread_id })
  expect(steps.map(({ status, type }) => [status, type])).toEqual([['completed', 'message_creation']])
  const { data: all } = await messages.list(thread_id, { order: 'asc' })
  const texts = all.map(({ content: [part] }) => (part?.type === 'text' ? part.text.value : undefined))
  expect(texts).toEqual([asked, answerTo(asked)])
  expect(all.map(({ run_id }) => run_id)).toEqual([null, id])
  expect(run.usage).toEqual(steps[0]?.usage)
}
