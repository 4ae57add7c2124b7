import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import type { Log } from '../../lib/log.ts'
import { UpstreamFailure } from '../model/upstream-failure.ts'
import { EmbedderError } from './embedder-error.ts'
import { fingerprint } from './fingerprint.ts'
import { type LlamaEngine, loadLlamaEngine } from './llama-engine.ts'
import type { EmbeddingSource } from './source.ts'

const mostTokens = 2048 // of a text: more than a usual passage has, and memory grows with it

// Threads that wait for each other make no progress on processors that are busy: half of them are left to the server.
const threads = Math.max(1, Math.floor(availableParallelism() / 2))

/**
 * A GGUF file, computed in this process by `node-llama-cpp`. Throws `EmbedderError` when the file cannot be read, the
 * package is not installed or the model cannot be loaded.
 */
export async function openGgufSource(
  path: string,
  { log, engine = () => loadLlamaEngine() }: { log: Log; engine?: () => Promise<LlamaEngine> },
): Promise<EmbeddingSource> {
  const print = await fingerprint(path).catch(rethrow(`${path} cannot be read`))
  const { getLlama } = await engine()
  await using opening = new AsyncDisposableStack()

  async function load() {
    const logger = (level: string, message: string) => log.debug({ level, message }, 'llama.cpp says')
    const llama = await getLlama({ build: 'never', logger })
    opening.defer(() => llama.dispose())
    const model = await llama.loadModel({ modelPath: path })
    const contextSize = Math.min(model.trainContextSize, mostTokens)
    // A text must fit into one batch: pooling looks at the last one alone.
    const context = await model.createEmbeddingContext({ contextSize, batchSize: contextSize, threads })
    return { contextSize, context }
  }
  const { context, contextSize } = await load().catch(rethrow(`${path} cannot be loaded`))

  async function embedOne(text: string): Promise<Float32Array> {
    const tokens = context.calculateInputLength(text)
    if (tokens >= contextSize) throw tooLong(tokens, contextSize)
    return Float32Array.from((await context.getEmbeddingFor(text)).vector)
  }

  const open = opening.move()
  return {
    model: `${basename(path)}@${print}`,
    place: path,
    async embed(texts, { signal }) {
      const vectors: Float32Array[] = []
      for (const text of texts) vectors.push(await orAborted(embedOne(text), signal))
      return vectors
    },
    close: () => open.disposeAsync(),
  }
}

function rethrow(what: string) {
  return (cause: unknown): never => {
    throw new EmbedderError(`${what} (${cause instanceof Error ? cause.message : cause})`, { cause })
  }
}

function tooLong(tokens: number, contextSize: number): UpstreamFailure {
  return new UpstreamFailure('context_length_exceeded', `The text has ${tokens} tokens, of at most ${contextSize - 1}.`)
}

/** A computation cannot be stopped half way; whoever waits for it can go. */
async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
