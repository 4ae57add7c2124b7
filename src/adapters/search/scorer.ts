import { boundCosines } from './cosine-bounds.ts'
import { createDotProducts } from './dot-products.ts'
import { findTerms } from './find-terms.ts'
import { createKeywordScores } from './keyword-scores.ts'
import { type Memory, memoryOf } from './postings.ts'
import { createRanker, type Ranker } from './rank-chunks.ts'
import type { Candidates, FindJob, Found, ScoreJob, SearchJob, Slice } from './search-jobs.ts'

/** Does what is asked of a thread, with segments that lie in the memory. */
export interface Scorer {
  find(job: FindJob): Found
  score(job: ScoreJob): Candidates[]
  run(job: SearchJob): Found | Candidates[]
}

/** `scratch` is the address of `scratchBytes` that nobody else writes to. */
export function createScorer(shared: WebAssembly.Memory, scratch: number): Scorer {
  const dots = createDotProducts(shared)
  let memory = memoryOf(shared.buffer)

  function look(): Memory {
    if (memory.bytes.byteLength !== shared.buffer.byteLength) memory = memoryOf(shared.buffer) // it has grown
    return memory
  }

  function find(job: FindJob): Found {
    return findTerms(look(), job)
  }

  /** Segment by segment, so that what is computed of one stays in the nearest caches. */
  function score(job: ScoreJob): Candidates[] {
    const { slice, queries } = job
    const memory = look()
    const firsts = firstChunks(slice)
    const words = createKeywordScores(memory, job)
    const cosines = queries.map(
      ({ vector }) => vector && boundCosines({ memory, dots, scratch }, slice, firsts, vector),
    )
    const rankers = job.rankings.map((ranking) => createRanker(ranking, job))
    const needed = new Float64Array(queries.length)
    for (let index = 0; index < slice.chunks.length; index++) {
      const [first, end] = [firsts[index] ?? 0, firsts[index + 1] ?? 0]
      const compared = slice.vectors[index] !== 0
      const own = cosines.map((bounds) => (compared && bounds ? bounds.subarray(first, end) : null))
      for (let query = 0; query < queries.length; query++) needed[query] = leastNeeded(rankers, query, own)
      if (!words.score(index, needed)) continue
      for (const ranker of rankers) ranker.take({ index, chunks: end - first, keywords: words.scores, cosines: own })
    }
    return rankers.map((ranker) => ranker.candidates())
  }
  return { find, score, run: (job) => (job.kind === 'find' ? find(job) : score(job)) }
}

/** The number of each segment's first chunk within the slice, and at the end how many there are. */
function firstChunks({ chunks }: Slice): Uint32Array {
  const firsts = new Uint32Array(chunks.length + 1)
  for (let index = 0; index < chunks.length; index++) firsts[index + 1] = (firsts[index] ?? 0) + (chunks[index] ?? 0)
  return firsts
}

function leastNeeded(rankers: readonly Ranker[], query: number, cosines: readonly (Float32Array | null)[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const ranker of rankers) least = Math.min(least, ranker.needed(query, cosines[query] ?? null))
  return least
}
