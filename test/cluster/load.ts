import { setTimeout as pause } from 'node:timers/promises'
import { APIError } from 'openai'
import { expect } from 'vitest'
import { checkStream } from '../support/stream-grammar.ts'
import { question } from './paced-upstream.ts'
import { type AskedRun, beginRun, type StreamedRun, statusAt, streamRun } from './runs.ts'
import type { ClusterNode } from './start-cluster.ts'

/** How long one who asks again and again does so. */
const patienceMs = 45_000

/** Clients that ask any node that is there, and ask again elsewhere when they get no answer. */
export interface Load {
  /** Begins so many runs at once: some are streamed, some call a function, whose output is submitted. */
  begin(count: number): void
  /** Runs that clients were told of. */
  readonly acknowledged: readonly string[]
  /** What requests have failed with: the status, or the error where there was no answer. */
  readonly failures: readonly unknown[]
  /** Resolves when every run that was begun is completed. Answers how many streams were read to their end. */
  over(): Promise<{ streamed: number }>
}

type Manner = (
  node: ClusterNode,
  assistant_id: string,
  asked: string,
  thread: { id: string | undefined },
) => Promise<AskedRun | StreamedRun>

export interface LoadParts {
  readonly nodes: () => readonly ClusterNode[]
  readonly assistant_id: string
  readonly random: () => number
}

export function createLoad({ nodes, assistant_id, random }: LoadParts): Load {
  const acknowledged: string[] = []
  const failures: unknown[] = []
  const playing: Promise<boolean>[] = []
  /** What each run that is not over waits for. */
  const awaited = new Map<number, string>()
  const manners: Manner[] = [beginRun, streamRun, beginCalling]

  function begin(count: number): void {
    for (let n = 0; n < count; n++) {
      const played = play(playing.length)
      played.catch(() => {}) // `over` tells of it
      playing.push(played)
    }
  }

  /** Whether its stream was read to its end. */
  async function play(number: number): Promise<boolean> {
    const manner = manners[number % manners.length] ?? beginRun
    const asked = question(`run${number}`, { words: 20, everyMs: 20, calls: manner === beginCalling })
    const thread: { id: string | undefined } = { id: undefined }
    awaited.set(number, `${asked} to begin`)
    const run = await insist((node) => manner(node, assistant_id, asked, thread))
    acknowledged.push(run.id)
    awaited.set(number, `${run.id} to be completed`)
    await completed(run)
    awaited.set(number, `the stream of ${run.id} to end`)
    const streamed = 'told' in run && (await readWhole(run))
    awaited.delete(number)
    return streamed
  }

  async function completed(run: AskedRun): Promise<void> {
    for (const patience = patienceIn(patienceMs); ; await pause(100)) {
      const status = await insist(async (node) => {
        const now = await statusAt(node, run)
        if (now === 'requires_action') await submit(node, run)
        return now
      })
      if (status === 'completed') return
      expect(['queued', 'in_progress', 'requires_action'], run.id).toContain(status)
      patience.check(`${run.id} is ${status}`)
    }
  }

  async function insist<Result>(ask: (node: ClusterNode) => Promise<Result>): Promise<Result> {
    for (const patience = patienceIn(patienceMs); ; await pause(50)) {
      const all = nodes()
      const node = all[Math.floor(random() * all.length)]
      try {
        if (node) return await ask(node)
      } catch (error) {
        failures.push(statusOf(error))
        patience.check(error)
      }
    }
  }

  async function over(): Promise<{ streamed: number }> {
    const stuck = pause(patienceMs, undefined, { ref: false }).then(() => {
      throw new Error(`still waiting for ${[...awaited.values()].join(', ')}`)
    })
    const streamed = await Promise.race([Promise.all(playing), stuck])
    return { streamed: streamed.filter(Boolean).length }
  }
  return { begin, acknowledged, failures, over }
}

function statusOf(error: unknown): unknown {
  return error instanceof APIError && error.status !== undefined ? error.status : error
}

function patienceIn(ms: number) {
  const end = performance.now() + ms
  function check(cause: unknown): void {
    if (performance.now() > end) throw new Error('what was waited for did not come', { cause })
  }
  return { check }
}

/**
 * A run whose function somebody has to answer for. It may have begun though nobody was told, so whoever asks again does it
 * in the same `thread`.
 */
async function beginCalling(
  { client: { beta } }: ClusterNode,
  assistant_id: string,
  asked: string,
  thread: { id: string | undefined },
): Promise<AskedRun> {
  thread.id ??= (await beta.threads.create({ messages: [{ role: 'user', content: asked }] })).id
  const [begun] = (await beta.threads.runs.list(thread.id)).data
  const { id } = begun ?? (await beta.threads.runs.create(thread.id, { assistant_id, tools: [ask] }))
  return { id, thread_id: thread.id, asked }
}

const ask = { type: 'function' as const, function: { name: 'ask' } }

async function submit({ client }: ClusterNode, { id, thread_id }: AskedRun): Promise<void> {
  const { runs } = client.beta.threads
  const { required_action } = await runs.retrieve(id, { thread_id })
  const calls = required_action?.submit_tool_outputs.tool_calls ?? []
  const tool_outputs = calls.map((call) => ({ tool_call_id: call.id, output: 'yes' }))
  if (calls.length > 0) await runs.submitToolOutputs(id, { thread_id, tool_outputs })
}

/** False when it was broken off: with its node, or with an `error`. Whatever came to its end has no gap. */
async function readWhole({ told }: StreamedRun): Promise<boolean> {
  const events = await told.catch(() => undefined)
  if (!events || events.at(-2)?.event === 'error') return false
  expect(checkStream(events).run.status).toBe('completed')
  return true
}
