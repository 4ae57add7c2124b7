import { expect } from 'vitest'
import type { Message } from '../../src/api/message.ts'
import type { Run } from '../../src/api/run.ts'
import type { RunStep } from '../../src/api/run-step.ts'
import { command } from '../support/postgres.ts'
import { answerTo, isCalling, type PacedUpstream } from './paced-upstream.ts'
import { until } from './start-cluster.ts'

/** What there has to be in the end, whatever happened to the nodes meanwhile. */
export interface Expected {
  readonly databaseUrl: string
  readonly upstream: PacedUpstream
  /** Ids that clients were told of. */
  readonly runs: readonly string[]
  readonly withinMs?: number
}

/**
 * Waits until nothing is left to do, then reads all runs, steps, messages and jobs that there are, and fails unless none is
 * lost, stuck, done twice or alone. Every run has to be completed, and to be asked what the paced upstream understands.
 */
export async function checkStore({ databaseUrl, upstream, runs, withinMs = 30_000 }: Expected): Promise<void> {
  await until(async () => (await leftToDo(databaseUrl)).length === 0, withinMs).catch(async () => {
    expect(await leftToDo(databaseUrl), 'what is stuck').toEqual([])
  })
  const store = await readStore(databaseUrl)
  const known = new Set(store.runs.map(({ id }) => id))
  expect(
    runs.filter((id) => !known.has(id)),
    'runs that are lost',
  ).toEqual([])
  const told = new Set<number>()
  for (const run of store.runs) checkRun(run, store, { upstream, told })
  checkNoneAlone(store)
}

async function leftToDo(url: string): Promise<unknown[]> {
  const active = "status in ('queued', 'in_progress', 'requires_action', 'cancelling')"
  const open = `select id, status from runs where ${active} union all select id, kind from jobs`
  return (await command(url, open)).rows
}

interface StoreContents {
  /** All in the order in which they are listed. */
  runs: Run[]
  steps: RunStep[]
  messages: Message[]
  threads: Set<string>
}

async function readStore(url: string): Promise<StoreContents> {
  const [runs, steps, messages, threads] = await Promise.all([
    bodies<Run>(url, 'runs'),
    bodies<RunStep>(url, 'run_steps'),
    bodies<Message>(url, 'messages'),
    bodies<{ id: string }>(url, 'threads'),
  ])
  return { runs, steps, messages, threads: new Set(threads.map(({ id }) => id)) }
}

async function bodies<Thing>(url: string, table: string): Promise<Thing[]> {
  const { rows } = await command(url, `select body from ${table} order by seq`)
  return rows.map(({ body }) => JSON.parse(body))
}

interface Replies {
  upstream: PacedUpstream
  /** The replies that steps were met of. */
  told: Set<number>
}

function checkRun(run: Run, store: StoreContents, replies: Replies): void {
  expect([run.status, run.last_error], run.id).toEqual(['completed', null])
  const asked = questionOf(run, store)
  const steps = store.steps.filter(({ run_id }) => run_id === run.id)
  expect(steps.map(({ type, status }) => `${type} ${status}`)).toEqual([
    ...(isCalling(asked) ? ['tool_calls completed'] : []),
    'message_creation completed',
  ])
  for (const step of steps) checkReply(step, asked, replies)
  for (const key of ['prompt_tokens', 'completion_tokens', 'total_tokens'] as const) {
    expect(run.usage?.[key]).toBe(steps.reduce((sum, { usage }) => sum + (usage?.[key] ?? 0), 0))
  }
  checkMessage(run, { asked, steps, messages: store.messages.filter(({ run_id }) => run_id === run.id) })
}

/** Each step is of a reply that was heard to its end, and no two are of the same. */
function checkReply({ usage }: RunStep, asked: string, { upstream, told }: Replies): void {
  const number = usage?.completion_tokens ?? -1
  expect(upstream.replies[number]).toEqual({ asked, whole: true })
  expect(told.has(number), `reply ${number} was written down before`).toBe(false)
  told.add(number)
}

function checkMessage(run: Run, parts: { asked: string; steps: RunStep[]; messages: Message[] }): void {
  const { asked, steps, messages } = parts
  const written = steps.flatMap(({ step_details: details }) =>
    details.type === 'message_creation' ? details.message_creation.message_id : [],
  )
  expect(messages.map(({ id }) => id)).toEqual(written)
  for (const message of messages) {
    expect(message).toMatchObject({ thread_id: run.thread_id, status: 'completed', role: 'assistant' })
    expect(textOf(message)).toBe(answerTo(asked))
  }
}

function checkNoneAlone({ runs, steps, messages, threads }: StoreContents): void {
  const threadOf = new Map(runs.map(({ id, thread_id }) => [id, thread_id]))
  for (const { thread_id } of runs) expect(threads).toContain(thread_id)
  for (const { run_id, thread_id } of steps) expect(threadOf.get(run_id)).toBe(thread_id)
  for (const { run_id, thread_id } of messages) {
    expect(threads).toContain(thread_id)
    if (run_id !== null) expect(threadOf.get(run_id)).toBe(thread_id)
  }
}

/** The one message of the user in the run's thread. */
function questionOf({ thread_id }: Run, { messages }: StoreContents): string {
  const asked = messages.filter((message) => message.thread_id === thread_id && message.role === 'user').map(textOf)
  expect(asked).toHaveLength(1)
  return asked[0] ?? ''
}

function textOf({ content }: Message): string {
  return content.map((part) => (part.type === 'text' ? part.text.value : '')).join('')
}
