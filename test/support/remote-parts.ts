import { once } from 'node:events'
import type { Embedder } from '../../src/ports/embedder.ts'
import {
  ModelFailure,
  type ModelPart,
  type ModelProvider,
  type ModelRequest,
  type OfferedModel,
} from '../../src/ports/model.ts'

/**
 * The fake model and embedder of a test whose server runs in another process: each call goes over there as `Asked` and
 * comes back as `Told`, value by value. Everything that is answered at once is sent along at the start, as `Described`.
 */
export interface Described {
  readonly model?: {
    readonly offered: readonly OfferedModel[]
    readonly acceptsAny: boolean
    readonly windows: Readonly<Record<string, number | null>>
  }
  readonly embedder?: Pick<Embedder, 'space' | 'dimensions'>
}

export type Asked =
  | { readonly call: number; readonly ask: 'stream'; readonly request: ModelRequest }
  | { readonly call: number; readonly ask: 'embed'; readonly texts: readonly string[]; readonly kind: Kind }
  /** Each value is asked for, so that the model goes on when the server does, as it would beside it. */
  | { readonly call: number; readonly ask: 'next' }
  | { readonly call: number; readonly ask: 'abort' }

type Kind = 'query' | 'passage'

/** A part of the model's reply, or a vector. */
type Value = ModelPart | readonly number[]

export type Told =
  | { readonly call: number; readonly value: Value }
  | { readonly call: number; readonly end: true }
  | { readonly call: number; readonly failed: { readonly message: string; readonly code?: ModelFailure['code'] } }

export interface Parts {
  readonly model?: ModelProvider | undefined
  readonly embedder?: Embedder | undefined
}

/** What a server elsewhere has to know of these parts before it can ask. */
export async function describeParts({ model, embedder }: Parts): Promise<Described> {
  return {
    ...(model && { model: await describeModel(model) }),
    ...(embedder && { embedder: { space: embedder.space, dimensions: embedder.dimensions } }),
  }
}

async function describeModel(model: ModelProvider): Promise<NonNullable<Described['model']>> {
  const offered = await model.list({ signal: AbortSignal.timeout(1000) })
  return {
    offered,
    acceptsAny: model.accepts('a model that nobody offers'),
    windows: Object.fromEntries(offered.map(({ id }) => [id, model.contextWindow(id)])),
  }
}

/** Answers what the server elsewhere asks. */
export function answerCalls({ model, embedder }: Parts, tell: (told: Told) => void): (asked: Asked) => void {
  const calls = new Map<number, { values: AsyncGenerator<Value>; abort: AbortController }>()

  async function* vectorsOf(texts: readonly string[], kind: Kind, signal: AbortSignal): AsyncGenerator<Value> {
    for (const vector of (await embedder?.embed(texts, { kind, signal })) ?? []) yield Array.from(vector)
  }

  async function* partsOf(request: ModelRequest, signal: AbortSignal): AsyncGenerator<Value> {
    if (model) yield* model.stream(request, { signal })
  }

  async function next(call: number): Promise<Told> {
    try {
      const { value, done } = (await calls.get(call)?.values.next()) ?? { done: true, value: undefined }
      return done ? { call, end: true } : { call, value }
    } catch (error) {
      return { call, failed: describeError(error) }
    }
  }

  return (asked) => {
    const { call, ask } = asked
    const abort = new AbortController()
    if (ask === 'stream') calls.set(call, { values: partsOf(asked.request, abort.signal), abort })
    if (ask === 'embed') calls.set(call, { values: vectorsOf(asked.texts, asked.kind, abort.signal), abort })
    if (ask === 'next') void next(call).then(tell)
    if (ask === 'abort') {
      calls.get(call)?.abort.abort()
      calls.delete(call)
    }
  }
}

function describeError(error: unknown): { message: string; code?: ModelFailure['code'] } {
  if (error instanceof ModelFailure) return { message: error.message, code: error.code }
  return { message: error instanceof Error ? error.message : String(error) }
}

/** The parts as the server has them; `told` takes what comes back. */
export function remoteParts({ model, embedder }: Described, ask: (asked: Asked) => void) {
  const calls = new Map<number, (told: Told) => void>()
  let last = 0

  async function* valuesOf(asked: Opening, signal: AbortSignal): AsyncGenerator<Value> {
    signal.throwIfAborted()
    const call = ++last
    const aborted = once(signal, 'abort')
    ask({ call, ...asked })
    try {
      while (true) {
        const told = await Promise.race([next(call), aborted.then(() => signal.throwIfAborted())])
        if (!told || 'end' in told) return
        if ('failed' in told) throw toError(told.failed)
        yield told.value
      }
    } finally {
      calls.delete(call)
      ask({ call, ask: 'abort' })
    }
  }

  function next(call: number): Promise<Told> {
    return new Promise((resolve) => {
      calls.set(call, resolve)
      ask({ call, ask: 'next' })
    })
  }

  const remoteModel = model && {
    stream: (request: ModelRequest, { signal }: { signal: AbortSignal }) =>
      partsOf(valuesOf({ ask: 'stream', request }, signal)),
    list: async () => [...model.offered],
    accepts: (name: string) => model.acceptsAny || model.offered.some(({ id }) => id === name),
    contextWindow: (name: string) => model.windows[name] ?? null,
  }
  const remoteEmbedder = embedder && {
    ...embedder,
    embed: (texts: readonly string[], { kind, signal }: { kind: Kind; signal: AbortSignal }) =>
      vectorsOf(valuesOf({ ask: 'embed', texts, kind }, signal)),
  }
  return {
    parts: { ...(remoteModel && { model: remoteModel }), ...(remoteEmbedder && { embedder: remoteEmbedder }) },
    told: (told: Told) => calls.get(told.call)?.(told),
  }
}

/** How a call begins, but for its number. */
type Opening = Omit<Extract<Asked, { ask: 'stream' }>, 'call'> | Omit<Extract<Asked, { ask: 'embed' }>, 'call'>

async function* partsOf(values: AsyncIterable<Value>): AsyncGenerator<ModelPart> {
  for await (const value of values) if ('type' in value) yield value
}

async function vectorsOf(values: AsyncIterable<Value>): Promise<Float32Array[]> {
  const vectors: Float32Array[] = []
  for await (const value of values) if (!('type' in value)) vectors.push(Float32Array.from(value))
  return vectors
}

function toError({ message, code }: { message: string; code?: ModelFailure['code'] }): Error {
  return code === undefined ? new Error(message) : new ModelFailure(code, message)
}
