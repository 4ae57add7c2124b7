import { openEmbedder } from '../../src/adapters/embedding/open-embedder.ts'
import { createSearchIndex } from '../../src/adapters/search/search-index.ts'
import { readConfig } from '../../src/config.ts'
import { embedChunks } from '../../src/indexing/ingest-file.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { Chunk, SearchIndex } from '../../src/ports/search.ts'
import { silent } from '../../test/support/extraction.ts'
import { createTestSegments, requestFor } from '../../test/support/segments.ts'
import { type Figures, figuresOf, gainOf, meanWithError, rankOf } from './metrics.ts'
import type { Question } from './questions.ts'

/** What questions are answered like when vectors have one weight, and keywords the rest up to 1. */
export interface Weighing extends Figures {
  readonly vectorWeight: number
  /** How much more recall at five and gain at ten there is than by `usual`, and how far that may be off by chance. */
  readonly more: Readonly<Record<'recallAt5' | 'gainAt10', { readonly mean: number; readonly error: number }>>
}

const steps = 10
/** The share of vectors in the score that the server gives. */
export const usual = 0.7

/** Question by question. */
type Ranks = readonly (number | null)[]

/** Both scores of every passage for one question. */
interface Scores {
  readonly keyword: number
  readonly cosine: number
  readonly text: string
}

/**
 * Weighs the same scores that the server has in all proportions. Rejects when no embedding model is configured.
 * `passages` are those of one store.
 */
export async function weighAll(passages: readonly Chunk[], asked: readonly Question[]): Promise<Weighing[]> {
  const signal = AbortSignal.timeout(3_600_000)
  const embedder = await openEmbedder(readConfig(process.env), { find: () => null, log: silent, signal })
  if (embedder === null) throw new Error('Weights are for two halves: REPRISE_EMBEDDING_MODEL says by what to embed.')
  try {
    const scores = await scoreAll(passages, asked, { embedder, signal })
    const ranks = new Map<number, Ranks>()
    for (let step = 0; step <= steps; step++) ranks.set(step / steps, ranksBy(step / steps, scores, asked))
    const before = ranks.get(usual) ?? []
    return [...ranks].map(([vectorWeight, own]) => ({
      vectorWeight,
      ...figuresOf(own),
      more: {
        recallAt5: compared(own, before, (rank) => (rank !== null && rank <= 5 ? 1 : 0)),
        gainAt10: compared(own, before, gainOf),
      },
    }))
  } finally {
    await embedder.close()
  }
}

function compared(own: Ranks, before: Ranks, value: (rank: number | null) => number) {
  return meanWithError(own.map((rank, index) => value(rank) - value(before[index] ?? null)))
}

async function scoreAll(
  passages: readonly Chunk[],
  asked: readonly Question[],
  { embedder, signal }: { embedder: Embedder; signal: AbortSignal },
): Promise<Scores[][]> {
  const vectors = (await embedChunks(embedder, passages, { signal })) ?? []
  const questions = asked.map(({ text }) => text)
  const queries = await embedder.embed(questions, { kind: 'query', signal })
  const source = createTestSegments()
  const index = createSearchIndex({ source, memoryBytes: 2 ** 30, threads: 1, log: silent })
  try {
    await source.add(index, { texts: passages })
    const scored: Scores[][] = []
    for (const [number, question] of questions.entries()) {
      const keywords = await keywordScores(index, question, passages.length)
      const query = queries[number] ?? new Float32Array()
      scored.push(
        passages.map(({ text }, place) => ({
          text,
          keyword: keywords.get(place) ?? 0,
          cosine: Math.max(0, dot(query, vectors[place] ?? query)),
        })),
      )
    }
    return scored
  } finally {
    await index.close()
  }
}

/** By the place of the passage. */
async function keywordScores(index: SearchIndex, question: string, limit: number): Promise<Map<number, number>> {
  const hits = await index.search(requestFor(question, { limit }), { signal: AbortSignal.timeout(60_000) })
  return new Map(hits.map((hit) => [hit.index, hit.score]))
}

function ranksBy(weight: number, scores: readonly Scores[][], asked: readonly Question[]): Ranks {
  return asked.map(({ passage }, question) => {
    const weighed = (scores[question] ?? []).map(({ text, keyword, cosine }) => ({
      text,
      score: weight * cosine + (1 - weight) * keyword,
    }))
    const best = weighed.toSorted((one, other) => other.score - one.score).slice(0, 10)
    return rankOf(
      passage,
      best.map(({ text }) => text),
    )
  })
}

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, place) => sum + value * (other[place] ?? 0), 0)
}
