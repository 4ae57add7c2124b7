/** Why there is no embedder although one is configured, in one line for whoever configured it. */
export class EmbedderError extends Error {
  override readonly name = 'EmbedderError'

  constructor(message: string, options?: ErrorOptions) {
    super(`REPRISE_EMBEDDING_MODEL: ${message}`, options)
  }
}
