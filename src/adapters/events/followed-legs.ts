import type { StreamEvent } from '../../api/stream-event.ts'
import type { Log } from '../../lib/log.ts'
import { type Cluster, type Holder, type Node, nodeOf } from '../../ports/cluster.ts'
import type { Elsewhere, RunLog } from '../../ports/events.ts'
import type { PeerReader } from './peer-reader.ts'
import type { Peers } from './peers.ts'

/** How often to ask who holds the jobs that are waited for. */
const pollMs = 100
/** The longest pause before a node is asked again that did not answer. */
const longestPauseMs = 2_000

/** A leg that somebody follows here and that does not execute here. */
interface Leg extends Elsewhere {
  readonly run_id: string
  readonly log: RunLog
  readonly abort: AbortController
  reading: boolean
  /** Whether events of the node that carries it out are in the log. */
  heard: boolean
  /** When to look again, by `performance.now()`. */
  dueAt: number
  pauseMs: number
}

export interface FollowedLegs {
  /** From now on the log is filled from whichever node carries the leg out, until `signal` aborts. */
  add(run_id: string, log: RunLog, options: { signal: AbortSignal; elsewhere: Elsewhere }): void
  /** The run executes here now: what was heard of it from elsewhere has come to an end. */
  executesHere(run_id: string): void
  /** Whether events from elsewhere are in this log, so that nobody here may add to it. */
  isFed(log: RunLog): boolean
  close(): void
}

/**
 * Waits for the jobs of followed legs to be taken by some node and reads their events there. While nothing is waited
 * for, nothing is asked.
 */
export function createFollowedLegs({ self, cluster, peers, reader, log }: Parts): FollowedLegs {
  const legs = new Set<Leg>()
  const fed = new WeakSet<RunLog>()
  let timer: NodeJS.Timeout | undefined

  function add(run_id: string, runLog: RunLog, { signal, elsewhere }: { signal: AbortSignal; elsewhere: Elsewhere }) {
    const abort = new AbortController()
    const { project, job_id } = elsewhere
    const rest: Leg['rest'] = (options) => elsewhere.rest(options)
    const state = { reading: false, heard: false, dueAt: 0, pauseMs: pollMs }
    const leg: Leg = { project, run_id, job_id, rest, log: runLog, abort, ...state }
    legs.add(leg)
    if (signal.aborted) return leave(leg)
    signal.addEventListener('abort', () => leave(leg), { once: true })
    schedule()
  }

  /** Nobody follows any more. Should the run come to execute here, it opens a log of its own. */
  function leave(leg: Leg): void {
    if (drop(leg)) end(leg, [{ event: 'done', data: '[DONE]' }])
  }

  function drop(leg: Leg): boolean {
    leg.abort.abort()
    return legs.delete(leg)
  }

  function end(leg: Leg, last: readonly StreamEvent[]): void {
    if (!leg.log.over()) leg.log.append(...last)
  }

  function schedule(): void {
    if (timer !== undefined || legs.size === 0) return
    timer = setTimeout(() => void look(), pollMs).unref()
  }

  async function look(): Promise<void> {
    try {
      for (const leg of legs) if (leg.log.over()) drop(leg)
      const due = [...legs].filter(({ reading, dueAt }) => !reading && dueAt <= performance.now())
      if (due.length > 0) await lookFor(due)
    } catch (error) {
      log.error({ err: error }, 'looking for the holders of followed runs failed')
    } finally {
      timer = undefined
      schedule()
    }
  }

  async function lookFor(due: readonly Leg[]): Promise<void> {
    const holders = await cluster.holders(due.map(({ project, job_id }) => ({ project, id: job_id })))
    const byJob = new Map(holders.map((holder) => [holder.id, holder]))
    for (const leg of due) {
      const holder = byJob.get(leg.job_id)
      const node = holder && holdingNode(holder)
      if (!holder) void read(leg, { gone: true, nodes: () => peers.working() })
      else if (node !== undefined && node !== self) void read(leg, { gone: false, nodes: () => named(node) })
    }
  }

  async function named(id: string): Promise<readonly Node[]> {
    const node = await peers.find(id)
    return node ? [node] : []
  }

  /** A job that is gone was carried out already, by a node that still knows it. */
  async function read(leg: Leg, { gone, nodes }: { gone: boolean; nodes: () => Promise<readonly Node[]> }) {
    leg.reading = true
    try {
      for (const node of leg.heard ? [] : await nodes()) {
        await readFrom(node, leg)
        if (leg.heard || !legs.has(leg)) break
      }
      if (legs.has(leg) && !leg.log.over() && (leg.heard || gone)) await giveUp(leg)
    } catch (error) {
      log.error({ err: error, run_id: leg.run_id }, 'following a run failed')
    } finally {
      leg.reading = false
      leg.dueAt = performance.now() + leg.pauseMs
      leg.pauseMs = Math.min(leg.pauseMs * 2, longestPauseMs)
    }
  }

  async function readFrom(node: Node, leg: Leg): Promise<void> {
    try {
      for await (const event of reader.read(node, leg.job_id, leg.abort.signal)) {
        if (leg.log.over() || !legs.has(leg)) return
        leg.heard = true
        fed.add(leg.log)
        leg.log.append(event)
      }
    } catch (error) {
      if (leg.abort.signal.aborted) return
      log.info({ err: error, run_id: leg.run_id, node: node.id }, 'a node could not be heard')
    }
  }

  async function giveUp(leg: Leg): Promise<void> {
    const last = await leg.rest({ heard: leg.heard })
    end(leg, last)
    drop(leg)
  }

  function executesHere(run_id: string): void {
    for (const leg of legs) {
      if (leg.run_id !== run_id) continue
      drop(leg)
      if (leg.heard) giveUp(leg).catch((error) => log.error({ err: error, run_id }, 'following a run failed'))
    }
  }

  function close(): void {
    clearTimeout(timer)
    for (const leg of legs) drop(leg)
  }

  return { add, executesHere, isFed: (runLog) => fed.has(runLog), close }
}

/** The node that holds the job under a lease which has not lapsed. */
function holdingNode({ owner, until }: Holder): string | undefined {
  return owner === null || until === null || until <= Date.now() ? undefined : nodeOf(owner)
}

interface Parts {
  /** The id of this node. */
  readonly self: string
  readonly cluster: Pick<Cluster, 'holders'>
  readonly peers: Peers
  readonly reader: PeerReader
  readonly log: Log
}
