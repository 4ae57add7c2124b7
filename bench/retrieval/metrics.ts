/** How well a set of questions was answered; each is asked for one known passage. */
export interface Figures {
  /** Share of questions whose passage is among the first five results. */
  readonly recallAt5: number
  /** Mean of one over the rank of the first result that has it. */
  readonly reciprocalRank: number
  /** Mean gain at ten: with one passage to be found, 1 / log2(1 + rank). Later results with the same passage add nothing. */
  readonly gainAt10: number
}

/** From the rank, counted from 1, of the first result that answers each question; null where none of ten does. */
export function figuresOf(ranks: readonly (number | null)[]): Figures {
  const mean = (value: (rank: number) => number) =>
    ranks.reduce<number>((sum, rank) => sum + (rank === null ? 0 : value(rank)), 0) / ranks.length
  return {
    recallAt5: mean((rank) => (rank <= 5 ? 1 : 0)),
    reciprocalRank: mean((rank) => 1 / rank),
    gainAt10: mean(gainOf),
  }
}

/** What a result at this rank is worth. */
export function gainOf(rank: number | null): number {
  return rank === null ? 0 : 1 / Math.log2(1 + rank)
}

/** A mean, and how far it may be off: 1.96 standard errors to either side, which is 95% when there are enough values. */
export function meanWithError(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, error: 1.96 * Math.sqrt(squares / (values.length - 1) / values.length) }
}

/** The place, counted from 1, of the first text that holds the passage. */
export function rankOf(passage: string, texts: readonly string[]): number | null {
  const index = texts.findIndex((text) => holds(text, passage))
  return index === -1 ? null : index + 1
}

/** Whether a text has the passage, whatever a converter did to spaces, quotes, hyphens, ligatures and TeX commands. */
export function holds(text: string, passage: string): boolean {
  return bare(text).includes(bare(passage))
}

function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\\[a-z]+/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, '')
}
