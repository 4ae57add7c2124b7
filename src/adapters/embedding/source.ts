/** Who makes embeddings: an API over HTTP, or a model in this process. */
export interface EmbeddingSource {
  /** What the model is called there: the same name stands for the same vectors. */
  readonly model: string
  /** Where that is, for people. */
  readonly place: string
  /**
   * One vector for each text in its order, as the model gives it; a single attempt. Rejects with `UpstreamFailure`, or with the signal's
   * reason once it is aborted.
   */
  embed(texts: readonly string[], options: { signal: AbortSignal }): Promise<Float32Array[]>
  close(): Promise<void>
}
