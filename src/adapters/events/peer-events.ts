import { z } from 'zod'
import type { StreamEvent } from '../../api/stream-event.ts'
import type { Log } from '../../lib/log.ts'
import { type Cluster, nodeOf } from '../../ports/cluster.ts'
import type { Following, InterruptReason, LentLogs, RunEvents, RunLog } from '../../ports/events.ts'
import { createFollowedLegs } from './followed-legs.ts'
import type { InProcessEvents } from './in-process.ts'
import { createLentLogs } from './lent-logs.ts'
import type { PeerReader } from './peer-reader.ts'
import { createPeers } from './peers.ts'

const interruptChannel = 'run_interrupt'
const interruptCall = z.object({
  project: z.string(),
  run_id: z.string(),
  reason: z.enum(['cancelled', 'expired', 'deleted']),
})
type Interruption = z.infer<typeof interruptCall>

interface PeerParts {
  /** Those of this process. */
  readonly local: InProcessEvents
  /** The id of this node. */
  readonly self: string
  readonly cluster: Cluster
  readonly reader: PeerReader
  readonly log: Log
}

/**
 * Run events among several nodes. What executes here stays in memory. A leg that is followed here and executes on
 * another node is read from that node; an interruption that nobody here listens to is called out to all.
 */
export function createPeerEvents({ local, self, cluster, reader, log }: PeerParts): RunEvents & LentLogs {
  const lending = createLentLogs()
  const peers = createPeers({ nodes: cluster.nodes, self })
  const followed = createFollowedLegs({ self, cluster, peers, reader, log })
  /** How many executors listen, by run. */
  const executing = new Map<string, number>()
  const stopListening = cluster.bus.listen(interruptChannel, (payload) => {
    const { project, run_id, reason } = interruptCall.parse(JSON.parse(payload))
    local.interrupt(project, run_id, reason)
  })

  function open(run_id: string, ...first: StreamEvent[]): RunLog {
    const runLog = local.open(run_id, ...first)
    function follow(options: Following) {
      const { signal, elsewhere } = options
      if (elsewhere && !executing.has(run_id) && !runLog.over()) followed.add(run_id, runLog, { signal, elsewhere })
      return runLog.follow(options)
    }
    return { append: runLog.append, over: runLog.over, follow }
  }

  function openLent(run_id: string, job_id: string): RunLog {
    const runLog = local.open(run_id)
    lending.lend(job_id, runLog)
    return runLog
  }

  function current(run_id: string): RunLog | undefined {
    const runLog = local.current(run_id)
    return runLog && followed.isFed(runLog) ? undefined : runLog
  }

  function onInterrupt(run_id: string, listener: (reason: InterruptReason) => void): () => void {
    executing.set(run_id, (executing.get(run_id) ?? 0) + 1)
    followed.executesHere(run_id)
    const stop = local.onInterrupt(run_id, listener)
    return () => {
      const left = (executing.get(run_id) ?? 1) - 1
      if (left > 0) executing.set(run_id, left)
      else executing.delete(run_id)
      stop()
    }
  }

  async function interrupt(project: string, run_id: string, reason: InterruptReason): Promise<boolean> {
    const here = local.interrupt(project, run_id, reason)
    // Also then: an executor here that was frozen may not know yet that the run has gone to another node.
    return (await interruptElsewhere({ project, run_id, reason })) || here
  }

  async function interruptElsewhere(interruption: Interruption): Promise<boolean> {
    const executes = await executesElsewhere(interruption)
    // The job of a deleted run went with it, so that nobody can tell who had it.
    if (executes || interruption.reason === 'deleted') await call(interruption)
    return executes
  }

  async function executesElsewhere({ project, run_id }: Interruption): Promise<boolean> {
    const holders = await cluster.holdersAbout(project, run_id)
    return holders.some(({ owner, until }) => owner !== null && (until ?? 0) > Date.now() && nodeOf(owner) !== self)
  }

  /** A call that fails loses nothing but time: whoever executes the run asks how it stands with every write. */
  async function call(interruption: Interruption): Promise<void> {
    try {
      await cluster.bus.publish(interruptChannel, JSON.stringify(interruption))
    } catch (error) {
      log.error({ err: error, run_id: interruption.run_id }, 'calling out an interruption failed')
    }
  }

  function close(last: readonly StreamEvent[]): void {
    stopListening()
    followed.close()
    lending.close()
    local.close(last)
  }

  return { open, openLent, current, interrupt, onInterrupt, close, lent: lending.lent }
}
