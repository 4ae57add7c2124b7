/** Gives texts a place among meanings. */
export interface Embedder {
  /** Names model, dimensions and what is put in front of passages: vectors of different spaces must never meet. */
  readonly space: string
  readonly dimensions: number
  /**
   * Unit vectors, one for each text in its order; any number of texts of any length. Rejects with `ModelFailure` when
   * there are none to be had, attempts included, or with the signal's reason once it is aborted.
   */
  embed(texts: readonly string[], options: { kind: 'query' | 'passage'; signal: AbortSignal }): Promise<Float32Array[]>
}
