import { z } from 'zod'
import type { Log } from '../lib/log.ts'
import { type Cluster, livingSince, ownerOf } from '../ports/cluster.ts'
import type { Job, JobQueue, Lease } from '../ports/queue.ts'
import type { Worker } from './worker.ts'

const channel = 'job_kept'
/** How long a job is kept for a node that was told of it: one that does not answer shall not hold it up. */
const keepSeconds = 3
const keptJob = z.object({ node: z.string(), project: z.string(), id: z.string() })
type KeptJob = z.infer<typeof keptJob>

/** Jobs that are better done by one node than by any other. */
export interface HandOver {
  /** A place at that node; undefined when it does not live, carries out no jobs, or is this one. */
  placeAt(node: string): Promise<KeptPlace | undefined>
  /** From now on jobs that are kept for this node are taken up by its worker. */
  start(): void
  /** What is kept for this node from now on is anybody's in a moment. */
  stop(): void
}

export interface KeptPlace {
  /** The lease to add the job with. */
  readonly lease: Lease
  /** Tells the node, once the transaction that added the job has committed. */
  tell(job: Pick<Job, 'project' | 'id'>): void
}

/**
 * Hands jobs from node to node. A job is kept under a short lease of its own kind, which no heartbeat extends, and the
 * node is told of it over the bus. A node with room accepts the job; one without gives it to anybody; and where nobody
 * hears, the lease lapses.
 */
export function createHandOver({ cluster, queue, worker, self, log }: HandOverParts): HandOver {
  const keeperOf = (node: string) => ownerOf(node, 'kept')
  let stopListening = () => {}

  async function placeAt(node: string): Promise<KeptPlace | undefined> {
    if (node === self) return undefined
    const living = await cluster.nodes.living(livingSince(Date.now()))
    if (!living.some(({ id, role }) => id === node && role !== 'api')) return undefined
    const lease = { owner: keeperOf(node), until: Date.now() + keepSeconds * 1000 }
    return { lease, tell: ({ project, id }) => void tell({ node, project, id }) }
  }

  async function tell(job: KeptJob): Promise<void> {
    try {
      await cluster.bus.publish(channel, JSON.stringify(job))
    } catch (error) {
      log.warn({ err: error, job_id: job.id }, 'a node was not told of its job, which goes to any other')
    }
  }

  function start(): void {
    stopListening = cluster.bus.listen(channel, (payload) => {
      const job = keptJob.parse(JSON.parse(payload))
      if (job.node === self) void take(job)
    })
  }

  async function take({ project, id }: KeptJob): Promise<void> {
    const from = keeperOf(self)
    const reservation = await worker.reserveNext()
    try {
      if (!reservation) return await queue.release(id, { owner: from, runAt: Date.now() })
      const job = await queue.accept({ project, id }, { from, lease: reservation.lease })
      if (job) reservation.start(job)
    } catch (error) {
      log.error({ err: error, job_id: id }, 'taking up a job failed, which goes to any other node')
    } finally {
      reservation?.release()
    }
  }

  return { placeAt, start, stop: () => stopListening() }
}

interface HandOverParts {
  cluster: Pick<Cluster, 'nodes' | 'bus'>
  queue: Pick<JobQueue, 'accept' | 'release'>
  worker: Pick<Worker, 'reserveNext'>
  /** The id of this node. */
  self: string
  log: Log
}
