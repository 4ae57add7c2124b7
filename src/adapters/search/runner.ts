import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Log } from '../../lib/log.ts'
import type { Arena } from './arena.ts'
import { scratchBytes } from './cosine-bounds.ts'
import type { Runner } from './gather.ts'
import { createScorer } from './scorer.ts'
import type { Candidates, Found, SearchJob } from './search-jobs.ts'
import { createThreads } from './threads.ts'

/** What is no more work than this is done at once: handing it to a thread would take about as long. */
const smallFind = 2000
const smallScore = 2000

/** Runs search jobs in threads that share the arena, and small ones right here. */
export function createRunner({
  arena,
  threads: count,
  log,
}: {
  arena: Arena
  threads: number
  log: Log
}): Runner & { close(): Promise<void> } {
  const scratches = Array.from({ length: count }, () => allocateScratch(arena))
  const here = createScorer(arena.memory, allocateScratch(arena))
  const file = new URL(`./scoring-worker${extname(import.meta.url)}`, import.meta.url) // .ts here, .js once built
  const threads = createThreads<SearchJob, Found | Candidates[]>({
    count,
    start: (number) => new Worker(file, { workerData: { memory: arena.memory, scratch: scratches[number] } }),
    log,
  })
  return {
    async find(job, signal) {
      if (job.slice.postings.length * job.terms.length <= smallFind) return here.find(job)
      return threads.run(job, signal) as Promise<Found>
    },
    async score(job, chunks, signal) {
      if (chunks * job.queries.length <= smallScore) return here.score(job)
      return threads.run(job, signal) as Promise<Candidates[]>
    },
    close: threads.close,
  }
}

function allocateScratch(arena: Arena): number {
  const address = arena.allocate(scratchBytes, Number.POSITIVE_INFINITY)
  if (address === undefined) throw new RangeError('no memory for searching')
  return address
}
