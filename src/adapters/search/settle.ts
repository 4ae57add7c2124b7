import type { Candidate } from './gather.ts'
import type { Ranking } from './search-jobs.ts'

/** A passage with its true score. */
export interface Passage {
  /** The number of its segment. */
  readonly segment: number
  readonly chunk: number
  readonly score: number
}

/** The true scores of candidates, in their order; undefined for those that are gone. */
export type Rescore = (candidates: readonly Candidate[]) => Promise<(number | undefined)[]>

/** Candidates are rescored so many at a time after the first, which are three times as many as wanted. */
const fewest = 60
const more = 256

/**
 * The best passages by their true scores, found from candidates by falling bounds: once as many are known as are wanted,
 * and no bound left is above the last of them, nothing can come between. Undefined when the candidates do not reach so
 * far, while there would be more of them.
 */
export async function settle(
  candidates: readonly Candidate[],
  { count, ranking, rescore }: { count: number; ranking: Ranking; rescore: Rescore },
): Promise<Passage[] | undefined> {
  const passages: Passage[] = []
  let seen = 0
  let last = 0
  while (seen < candidates.length && (passages.length < count || (candidates[seen]?.bound ?? 0) > last)) {
    const batch = candidates.slice(seen, seen + (seen === 0 ? Math.max(fewest, 3 * count) : more))
    const scores = ranking.vectorWeight > 0 ? await rescore(batch) : batch.map(({ bound }) => bound)
    for (const [index, { segment, chunk }] of batch.entries()) {
      const score = scores[index] ?? 0
      if (score > 0) passages.push({ segment, chunk, score })
    }
    seen += batch.length
    passages.sort(byScore)
    last = passages[count - 1]?.score ?? 0
  }
  const unseen = seen < candidates.length ? 0 : bottomOf(candidates, ranking.depth)
  return unseen > last ? undefined : passages.slice(0, count)
}

/** The highest bound that a passage may have which did not become a candidate. */
function bottomOf(candidates: readonly Candidate[], depth: number): number {
  return candidates.length < depth ? 0 : (candidates.at(-1)?.bound ?? 0)
}

export function byScore(first: Passage, second: Passage): number {
  return second.score - first.score || first.segment - second.segment || first.chunk - second.chunk
}
