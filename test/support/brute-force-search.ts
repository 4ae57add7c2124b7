import { termsOf } from '../../src/adapters/search/terms.ts'

/** A passage as brute force sees it. */
export interface PlainPassage {
  readonly text: string
  /** Null where it cannot be compared. */
  readonly vector: Float32Array | null
}

export interface PlainQuery {
  readonly text: string
  readonly vector: Float32Array | null
}

/** The keyword score by its definition: BM25 over the most it could be. One number for each passage. */
export function keywordScores(passages: readonly PlainPassage[], query: string): number[] {
  const documents = passages.map(({ text }) => termsOf(text))
  const average = documents.reduce((sum, { length }) => sum + length, 0) / documents.length
  const terms = [...new Set(termsOf(query))]
  const idf = terms.map((term) => {
    const count = documents.filter((document) => document.includes(term)).length
    return Math.log(1 + (documents.length - count + 0.5) / (count + 0.5))
  })
  const most = idf.reduce((sum, value) => sum + value * 2.2, 0)
  return documents.map((document) => {
    const norm = 1.2 * (1 - 0.75 + (0.75 * document.length) / average)
    const score = terms.reduce((sum, term, index) => {
      const times = document.filter((other) => other === term).length
      return sum + ((idf[index] ?? 0) * times * 2.2) / (times + norm)
    }, 0)
    return most > 0 ? score / most : 0
  })
}

export function cosine(first: Float32Array, second: Float32Array): number {
  return first.reduce((sum, value, index) => sum + value * (second[index] ?? 0), 0)
}

/** The default score of each passage, by its definition. */
export function weightedScores(passages: readonly PlainPassage[], queries: readonly PlainQuery[]): number[] {
  const each = queries.map(({ text, vector: asked }) =>
    keywordScores(passages, text).map((keyword, index) => {
      const vector = passages[index]?.vector
      return vector ? 0.7 * Math.max(0, asked ? cosine(asked, vector) : 0) + 0.3 * keyword : keyword
    }),
  )
  return passages.map((_, index) => Math.max(...each.map((scores) => scores[index] ?? 0)))
}
