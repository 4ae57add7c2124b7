import type { Log } from '../../lib/log.ts'
import type { Embedder } from '../../ports/embedder.ts'
import { openConnection } from '../model/connection.ts'
import type { MappedUpstream } from '../model/models-file.ts'
import type { OpenedModels } from '../model/open-models.ts'
import { type RetryPolicy, usualRetries } from '../model/retry.ts'
import { createEmbedder } from './embedder.ts'
import { EmbedderError } from './embedder-error.ts'
import { openGgufSource } from './gguf-source.ts'
import { createHttpSource } from './http-source.ts'
import type { EmbeddingSource } from './source.ts'

/** What was configured about embeddings; the server's configuration has all of it. */
export interface EmbedderSettings {
  readonly embedding: EmbeddingSettings | undefined
  /** Seconds that an upstream may stay silent. */
  readonly upstreamIdleTimeout: number
}

interface NamedModel {
  readonly model: string
  readonly upstream: { readonly url: string; readonly key: string | undefined } | undefined
}

interface EmbeddingSettings {
  readonly source: { readonly file: string } | NamedModel
  readonly dimensions: number | undefined
  readonly batch: number
  readonly queryPrefix: string
  readonly passagePrefix: string
}

export interface OpenedEmbedder extends Embedder {
  /** For people: model, dimensions and where it is. Never a key. */
  readonly label: string
  close(): Promise<void>
}

export interface EmbedderParts {
  /** Where a model's requests go, when embeddings have no upstream of their own. */
  readonly find: OpenedModels['find']
  readonly log: Log
  readonly signal: AbortSignal
  readonly retry?: RetryPolicy
}

/**
 * The embedder that is configured; null when none is, which leaves search to keywords. Unless its dimensions are
 * configured the model is asked for them. Throws `EmbedderError`.
 */
export async function openEmbedder(settings: EmbedderSettings, parts: EmbedderParts): Promise<OpenedEmbedder | null> {
  const { embedding } = settings
  if (embedding === undefined) return null
  await using opening = new AsyncDisposableStack()
  const source = await openSource(embedding, settings, parts)
  opening.defer(() => source.close())
  const { log, signal, retry = usualRetries } = parts
  const embedder = await createEmbedder(source, { ...embedding, retry, log }, { signal }).catch((cause: unknown) => {
    throw new EmbedderError(cause instanceof Error ? cause.message : String(cause), { cause })
  })
  const open = opening.move()
  const label = `${source.model} at ${source.place}, ${embedder.dimensions} dimensions`
  return { ...embedder, label, close: () => open.disposeAsync() }
}

async function openSource(
  { source, dimensions }: EmbeddingSettings,
  { upstreamIdleTimeout }: EmbedderSettings,
  { find, log }: EmbedderParts,
): Promise<EmbeddingSource> {
  if ('file' in source) return openGgufSource(source.file, { log })
  const { url, key, idleTimeout, model, drop } = placeOf(source, find)
  const connection = openConnection({ url, key, idleTimeout: idleTimeout ?? upstreamIdleTimeout * 1000 })
  return createHttpSource({ connection, model, dimensions, drop, now: Date.now })
}

interface Place extends Pick<MappedUpstream, 'url' | 'key' | 'idleTimeout' | 'drop'> {
  readonly model: string
}

function placeOf({ model, upstream }: NamedModel, find: OpenedModels['find']): Place {
  if (upstream) return { url: upstream.url, key: upstream.key ?? null, idleTimeout: null, drop: [], model }
  const found = find(model)
  if (found === null) throw new EmbedderError(`no upstream is configured for '${model}': map it in REPRISE_MODELS.`)
  if (found.upstream !== 'scripted') return { ...found.upstream, model: found.model }
  throw new EmbedderError(
    `'${model}' goes to the scripted model, which makes no embeddings: set REPRISE_EMBEDDING_URL or REPRISE_UPSTREAM_URL.`,
  )
}
