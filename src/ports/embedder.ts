/** Gives texts a place among meanings. */
export interface Embedder {
  /** Names model and dimensions: vectors of different spaces must never meet. */
  readonly space: string
  readonly dimensions: number
  /** Unit vectors, one for each text in its order. Rejects with the signal's reason once it is aborted. */
  embed(texts: readonly string[], options: { kind: 'query' | 'passage'; signal: AbortSignal }): Promise<Float32Array[]>
}
