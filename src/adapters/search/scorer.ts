import { boundCosines } from './cosine-bounds.ts'
import { createDotProducts } from './dot-products.ts'
import { findTerms, scoreKeywords } from './keyword-scores.ts'
import { type Memory, memoryOf } from './postings.ts'
import { rankChunks } from './rank-chunks.ts'
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

  function score(job: ScoreJob): Candidates[] {
    const memory = look()
    const firsts = firstChunks(job.slice)
    const keywords = scoreKeywords(memory, job, firsts)
    const cosines = job.queries.map(
      ({ vector }) => vector && boundCosines({ memory, dots, scratch }, job.slice, firsts, vector),
    )
    return job.rankings.map((ranking) => rankChunks(job, ranking, firsts, keywords, cosines))
  }
  return { find, score, run: (job) => (job.kind === 'find' ? find(job) : score(job)) }
}

/** The number of each segment's first chunk within the slice, and at the end how many there are. */
function firstChunks({ chunks }: Slice): Uint32Array {
  const firsts = new Uint32Array(chunks.length + 1)
  for (let index = 0; index < chunks.length; index++) firsts[index + 1] = (firsts[index] ?? 0) + (chunks[index] ?? 0)
  return firsts
}
