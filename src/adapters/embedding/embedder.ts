import type { Log } from '../../lib/log.ts'
import type { Embedder } from '../../ports/embedder.ts'
import { type RetryPolicy, retrying } from '../model/retry.ts'
import { UpstreamFailure } from '../model/upstream-failure.ts'
import { createBatching, type Embed } from './batching.ts'
import { createLane } from './lane.ts'
import type { EmbeddingSource } from './source.ts'
import { unitVector } from './unit-vector.ts'

export interface EmbedderOptions {
  /** Undefined: the source is asked. */
  readonly dimensions: number | undefined
  /** Texts in one request. */
  readonly batch: number
  readonly queryPrefix: string
  readonly passagePrefix: string
  readonly retry: RetryPolicy
  readonly log: Log
}

const parallel = 2 // requests at a time
const characters = 32_000 // in a request: a slow machine, too, answers within the time that an upstream may be silent

/**
 * An embedder over a source. Queries have requests of their own, so that a search never waits behind an ingestion.
 * Rejects with `UpstreamFailure` when the source has to be asked for its dimensions and does not answer.
 */
export async function createEmbedder(
  source: EmbeddingSource,
  options: EmbedderOptions,
  { signal }: { signal: AbortSignal },
): Promise<Embedder> {
  const { batch, queryPrefix, passagePrefix, log } = options
  const dimensions = options.dimensions ?? (await learnDimensions(source, options, signal))

  function batching(prefix: string): Embed {
    const ask = asking(source, options)
    async function askPrefixed(texts: readonly string[], signal: AbortSignal) {
      const vectors = await ask(prefix === '' ? texts : texts.map((text) => prefix + text), signal)
      return vectors.map((vector) => checked(vector, source, dimensions))
    }
    return createBatching(askPrefixed, { texts: batch, characters, parallel, log })
  }

  const kinds = { query: batching(queryPrefix), passage: batching(passagePrefix) }
  return {
    space: spaceOf(source.model, dimensions, passagePrefix),
    dimensions,
    async embed(texts, { kind, signal }) {
      signal.throwIfAborted()
      return kinds[kind](texts, signal)
    },
  }
}

/** One request, repeated when that may help; so many at a time. Nobody waits for a request that waits to be repeated. */
function asking(source: EmbeddingSource, { retry: policy, log }: EmbedderOptions): Embed {
  const lane = createLane(parallel)
  const { model, place } = source
  const onRetry = ({ code, status, cause }: UpstreamFailure, wait: number) =>
    log.warn({ upstream: place, model, code, status, wait, err: cause }, 'embedding call retried')
  return (texts, signal) => {
    const attempt = () => lane.pass(() => source.embed(texts, { signal }), signal)
    return retrying(attempt, { signal, policy, onRetry })
  }
}

async function learnDimensions(source: EmbeddingSource, options: EmbedderOptions, signal: AbortSignal) {
  const [vector] = await asking(source, options)(['dimensions'], signal)
  if (vector && vector.length > 0) return vector.length
  throw new UpstreamFailure('server_error', `${nameOf(source)} gave an empty vector.`)
}

/** What stored vectors depend on: the passages' prefix does, the queries' does not. */
function spaceOf(model: string, dimensions: number, passagePrefix: string): string {
  return `${dimensions}/${model}${passagePrefix === '' ? '' : `/${JSON.stringify(passagePrefix)}`}`
}

function checked(vector: Float32Array, source: EmbeddingSource, dimensions: number): Float32Array {
  if (vector.length !== dimensions)
    throw new UpstreamFailure(
      'server_error',
      `${nameOf(source)} gave a vector of ${vector.length} dimensions where ${dimensions} are expected.`,
    )
  const unit = unitVector(vector)
  if (unit) return unit
  throw new UpstreamFailure('server_error', `${nameOf(source)} gave a vector of zeros, or of what is no number.`)
}

function nameOf({ model, place }: EmbeddingSource): string {
  return `The embedding model '${model}' at ${place}`
}
