import type { Fusion, SearchRequest } from '../../ports/search.ts'
import { vectorOf } from './details.ts'
import { type Candidate, gather, gatherAgain, type Scope, type Statistics } from './gather.ts'
import { hashTerm } from './postings.ts'
import { bestOfLists, fuseRanks } from './reciprocal-ranks.ts'
import type { Ranking } from './search-jobs.ts'
import { type Passage, type Rescore, settle } from './settle.ts'
import { termsOf } from './terms.ts'
import { dot, quantizeQuery } from './vectors.ts'

/** Weights of the default score; a passage without a vector that compares has its keyword score alone. */
const weights = { vectorWeight: 0.7, keywordWeight: 0.3, keywordAlone: 1 }
/** How many of each list reciprocal ranks look at, at least. */
const fewestRanked = 50
/** Characters and different words of a query that are looked at. */
const longestQuery = 32_768
const mostTerms = 256
/** Candidates beyond those wanted, at first: bounds are seldom so close that more are needed. */
const spare = 240

/** The best passages of these segments, best first. `segment` in what it returns counts in the segments given. */
export async function searchSegments(request: SearchRequest, given: Omit<Scope, 'isComparable'>): Promise<Passage[]> {
  const scope = { ...given, isComparable: comparable(request) }
  const { limit, scoreThreshold, fusion } = request
  const own = request.queries.map(({ text }) => queryTerms(text))
  const terms = [...new Set(own.flatMap((each) => [...each]))]
  const vectors = request.queries.map(({ vector }) => vector && quantizeQuery(vector))
  const wanted = rankingsOf(request)
  const gathered = await gather(scope, terms.map(hashTerm), (statistics) => ({
    queries: own.map((each, query) => ({
      weights: weightTerms(terms, each, statistics),
      vector: vectors[query] ?? null,
    })),
    rankings: wanted,
  }))
  const lists = await settleAll(wanted, gathered, request, scope)
  const passages = fusion.kind === 'weighted' ? (lists[0] ?? []) : fuse(lists, request, fusion)
  return passages.filter(({ score }) => score >= scoreThreshold).slice(0, limit)
}

/** Every term is looked up in every segment, and nobody searches for a whole book. */
function queryTerms(text: string): Set<string> {
  return new Set([...new Set(termsOf(text.slice(0, longestQuery)))].slice(0, mostTerms))
}

/** Each term's share of the query: its inverse document frequency among all passages that are searched. */
function weightTerms(terms: readonly string[], own: ReadonlySet<string>, { chunks, counts }: Statistics): Float64Array {
  const shares = Float64Array.from(terms, (term, index) => {
    const count = counts[index] ?? 0
    return own.has(term) ? Math.log(1 + (chunks - count + 0.5) / (count + 0.5)) : 0
  })
  const total = shares.reduce((sum, share) => sum + share, 0)
  return total > 0 ? shares.map((share) => share / total) : shares
}

interface Wanted extends Ranking {
  readonly count: number
}

/** Weighted sums need one order over all queries; reciprocal ranks need two for each query, by vectors and by words. */
function rankingsOf({ queries, space, limit, fusion }: SearchRequest): Wanted[] {
  const all = [...queries.keys()]
  if (fusion.kind === 'weighted') {
    const hasVectors = space !== null && queries.some(({ vector }) => vector)
    return [hasVectors ? { queries: all, count: limit, depth: limit + spare, ...weights } : byWords(all, limit)]
  }
  const count = Math.max(fewestRanked, 3 * limit)
  return all.flatMap((query) => [byVectors([query], count), byWords([query], count)])
}

/** Scores by words are no bounds but true, so no more are looked at than are wanted. */
function byWords(queries: readonly number[], count: number): Wanted {
  return { queries, count, depth: count, vectorWeight: 0, keywordWeight: 1, keywordAlone: 1 }
}

function byVectors(queries: readonly number[], count: number): Wanted {
  return { queries, count, depth: count + spare, vectorWeight: 1, keywordWeight: 0, keywordAlone: 0 }
}

/** The passages of each ranking, with as many candidates as it takes to be sure of them. */
async function settleAll(
  wanted: readonly Wanted[],
  { statistics, scoring, candidates }: Awaited<ReturnType<typeof gather>>,
  request: SearchRequest,
  scope: Scope,
): Promise<Passage[][]> {
  const lists = await Promise.all(
    wanted.map((ranking, index) => {
      const rescore = rescoreWith(ranking, request, scope)
      return settle(candidates[index] ?? [], { ranking, count: ranking.count, rescore })
    }),
  )
  const settled = lists.filter((list) => list !== undefined)
  if (settled.length === lists.length) return settled
  const deeper = wanted.map((ranking) => ({ ...ranking, depth: ranking.depth * 8 }))
  const again = { ...scoring, rankings: deeper }
  const more = await gatherAgain(scope, statistics, again)
  return settleAll(deeper, { statistics, scoring: again, candidates: more }, request, scope)
}

/** Vectors of another space are passed over. */
function comparable({ space, queries }: SearchRequest): Scope['isComparable'] {
  const dimensions = queries.find(({ vector }) => vector)?.vector?.length ?? 0
  return (segment, own) => space !== null && segment?.space === space && own === dimensions && own > 0
}

/** True scores, from the vectors as they were given. */
function rescoreWith(
  { queries, vectorWeight, keywordWeight, keywordAlone }: Ranking,
  request: SearchRequest,
  { cache, segments, isComparable }: Scope,
): Rescore {
  function score({ keywords }: Candidate, passage: Float32Array | undefined): number {
    const scores = queries.map((query) => {
      const vector = request.queries[query]?.vector
      const keyword = keywords[query] ?? 0
      if (!passage || !vector) return keywordAlone * keyword
      return vectorWeight * Math.max(0, dot(vector, passage)) + keywordWeight * keyword
    })
    return Math.min(1, Math.max(...scores))
  }
  return async (candidates) => {
    const bySegment = Map.groupBy(candidates.entries(), ([, { segment }]) => segments[segment]?.id)
    const wanted = new Set(candidates.flatMap(({ segment }) => segments[segment] ?? []))
    const scores = new Array<number | undefined>(candidates.length).fill(undefined)
    for await (const [id, details] of cache.details([...wanted])) {
      for (const [index, candidate] of bySegment.get(id) ?? []) {
        const isCompared = isComparable(segments[candidate.segment], details.dimensions)
        scores[index] = score(candidate, isCompared ? vectorOf(details, candidate.chunk) : undefined)
      }
    }
    return scores
  }
}

/** Lists come in pairs, by vectors and by words. Where there are no vectors words count alone. */
function fuse(
  lists: readonly (readonly Passage[])[],
  { queries, space }: SearchRequest,
  { vectorWeight, textWeight }: Extract<Fusion, { kind: 'reciprocal-rank' }>,
): Passage[] {
  return bestOfLists(
    queries.map(({ vector }, index) => {
      const byVectors = { passages: lists[2 * index] ?? [], weight: vectorWeight }
      const byWords = { passages: lists[2 * index + 1] ?? [], weight: textWeight }
      return vector && space !== null ? fuseRanks([byVectors, byWords]) : fuseRanks([{ ...byWords, weight: 1 }])
    }),
  )
}
