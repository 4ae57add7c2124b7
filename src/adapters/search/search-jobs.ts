import type { HashedTerm } from './postings.ts'
import type { QuantizedQuery } from './vectors.ts'

// What threads are asked, and what they answer: plain data.

/** A share of the segments that are searched, with a number for each. */
export interface Slice {
  readonly chunks: Uint32Array
  /** Addresses. */
  readonly postings: Uint32Array
  /** Of the postings' hash tables. */
  readonly slots: Uint32Array
  /** Addresses; 0 where vectors cannot be compared. */
  readonly vectors: Uint32Array
}

export interface FindJob {
  readonly kind: 'find'
  readonly slice: Slice
  readonly terms: readonly HashedTerm[]
}

export interface Found {
  /** For each segment and each term in turn, the bytes from the segment's start to its postings; 0 where it has none. */
  readonly places: Uint32Array
  /** In how many chunks each term stands. */
  readonly counts: Float64Array
}

export interface ScoreJob {
  readonly kind: 'score'
  readonly slice: Slice
  readonly places: Uint32Array
  /** Mean length of the chunks searched, in terms. */
  readonly averageLength: number
  readonly queries: readonly ScoredQuery[]
  readonly rankings: readonly Ranking[]
}

export interface ScoredQuery {
  /** What each term contributes at most; they sum to 1. */
  readonly weights: Float64Array
  readonly vector: QuantizedQuery | null
}

/** An order to look for: a passage's best score over some of the queries. */
export interface Ranking {
  /** By their numbers. */
  readonly queries: readonly number[]
  readonly vectorWeight: number
  readonly keywordWeight: number
  /** The weight of keywords for passages whose vectors cannot be compared. */
  readonly keywordAlone: number
  /** How many are wanted. */
  readonly depth: number
}

/** Passages by falling `bounds`: a bound is never below the passage's true score, and equals it without vectors. */
export interface Candidates {
  /** By their numbers in the slice. */
  readonly segments: Uint32Array
  readonly chunks: Uint32Array
  readonly bounds: Float64Array
  /** For each passage and each query in turn. */
  readonly keywords: Float64Array
}

export type SearchJob = FindJob | ScoreJob
