import type { Usage } from '../../src/api/run.ts'
import type { FinishReason, ModelPart, ModelProvider, ModelRequest, OfferedModel } from '../../src/ports/model.ts'

/**
 * One thing a fake model says: a text (streamed word by word), a function call, a part as the port knows it, or an
 * error that ends the stream there.
 */
export type FakeSaying = string | FakeCall | ModelPart | Error

/** A call whose arguments, when they are not a string, are sent as JSON text in two halves. Ids are `call_fake1`
 * and so on; null leaves the id out. */
export type FakeCall = { readonly call: string; readonly arguments?: unknown; readonly id?: string | null }

/** One reply: a saying, several of them in order, or a function that makes one of the request. */
export type FakeTurn = FakeSaying | readonly FakeSaying[] | ((request: ModelRequest) => FakeTurn | Promise<FakeTurn>)

/**
 * A model for tests that answers what it was told to: the first request gets the first turn and so on, or every
 * request gets what one function makes of it. Usage (10 prompt tokens, one completion token for each delta) and
 * `finish` are added unless the turn has its own.
 *
 *     const model = new FakeModel(['Hello there', { call: 'get_weather', arguments: { city: 'Bern' } }, new ModelFailure(…)])
 */
export class FakeModel implements ModelProvider {
  /** What was asked, in order. */
  readonly requests: ModelRequest[] = []
  /** Models on offer; every name is accepted unless `only` was given. */
  readonly models: readonly string[]
  readonly #only: boolean
  readonly #turns: FakeTurn[]
  readonly #always: FakeTurn | undefined
  readonly #windows: Record<string, number>
  #gate: Gate | undefined
  #ids = 0

  constructor(
    turns: readonly FakeTurn[] | ((request: ModelRequest) => FakeTurn | Promise<FakeTurn>) = [],
    options: { models?: readonly string[]; only?: boolean; contextWindows?: Record<string, number> } = {},
  ) {
    this.#always = typeof turns === 'function' ? turns : undefined
    this.#turns = typeof turns === 'function' ? [] : [...turns]
    this.models = options.models ?? ['gpt-4o']
    this.#only = options.only ?? false
    this.#windows = options.contextWindows ?? {}
  }

  /** Adds turns for later requests. */
  answer(...turns: readonly FakeTurn[]): void {
    this.#turns.push(...turns)
  }

  async *stream(request: ModelRequest, { signal }: { signal: AbortSignal }): AsyncGenerator<ModelPart> {
    this.requests.push(structuredClone(request))
    const turn = this.#turns.shift() ?? this.#always
    if (turn === undefined) throw new Error(`FakeModel has no turn left for request ${this.requests.length}`)
    let yielded = 0
    for (const part of complete(await sayingsOf(turn, request), () => `call_fake${++this.#ids}`)) {
      signal.throwIfAborted()
      await this.#gate?.pass(yielded, signal)
      if (part instanceof Error) throw part
      yield part
      yielded += 1
    }
  }

  /**
   * From now on every stream stops once it has yielded `after` parts (0: before its first), until `release`.
   * A stream that is held rejects with its signal's reason when that is aborted.
   */
  hold({ after = 0 }: { after?: number } = {}): void {
    this.#gate ??= new Gate(after)
  }

  /** Lets the held streams go on; streams that come later are not held. */
  release(): void {
    this.#gate?.open()
    this.#gate = undefined
  }

  /** Resolves once `streams` streams stand at the gate. Only after `hold`. */
  async held(streams = 1): Promise<void> {
    if (!this.#gate) throw new Error('FakeModel.held() needs hold() first')
    await this.#gate.reached(streams)
  }

  /** Resolves once no stream stands at the gate any more: those that did were released or aborted. */
  async left(): Promise<void> {
    await this.#gate?.left()
  }

  async list(): Promise<OfferedModel[]> {
    return this.models.map((id) => ({ id, created: 1_700_000_000, owned_by: 'fake' }))
  }

  accepts(model: string): boolean {
    return !this.#only || this.models.includes(model)
  }

  contextWindow(model: string): number | null {
    return this.#windows[model] ?? null
  }
}

/** Where streams wait; `after` parts may pass first. */
class Gate {
  readonly #after: number
  readonly #opened = Promise.withResolvers<void>()
  #standing = 0
  #waiters: { streams: number; resolve: () => void }[] = []
  readonly #leavers: (() => void)[] = []

  constructor(after: number) {
    this.#after = after
  }

  async pass(yielded: number, signal: AbortSignal): Promise<void> {
    if (yielded < this.#after) return
    this.#count(1)
    const aborted = Promise.withResolvers<never>()
    const abort = () => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await Promise.race([this.#opened.promise, aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
      this.#count(-1)
    }
  }

  open(): void {
    this.#opened.resolve()
  }

  async reached(streams: number): Promise<void> {
    if (this.#standing >= streams) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.push({ streams, resolve })
    await promise
  }

  async left(): Promise<void> {
    if (this.#standing === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#leavers.push(resolve)
    await promise
  }

  #count(change: number): void {
    this.#standing += change
    for (const waiter of this.#waiters) if (this.#standing >= waiter.streams) waiter.resolve()
    if (this.#standing === 0) for (const leave of this.#leavers) leave()
  }
}

async function sayingsOf(turn: FakeTurn, request: ModelRequest): Promise<readonly FakeSaying[]> {
  if (typeof turn === 'function') return sayingsOf(await turn(request), request)
  return isList(turn) ? turn : [turn]
}

function isList(turn: FakeTurn): turn is readonly FakeSaying[] {
  return Array.isArray(turn)
}

/** The sayings as parts, with usage and `finish` at the end where the turn has none and no error. */
function* complete(sayings: readonly FakeSaying[], newCallId: () => string): Generator<ModelPart | Error> {
  let calls = 0
  let deltas = 0
  let usage: Usage | undefined
  let reason: FinishReason | undefined
  for (const part of sayings.flatMap((saying) => partsOf(saying, () => calls++, newCallId))) {
    if (part instanceof Error) {
      yield part
      return
    }
    if (part.type === 'usage') usage = part.usage
    else if (part.type === 'finish') reason = part.reason
    else yield part
    if (part.type.endsWith('-delta')) deltas += 1
    if (part.type === 'tool-call') calls = Math.max(calls, part.index + 1)
  }
  yield { type: 'usage', usage: usage ?? fakeUsage(10, deltas) }
  yield { type: 'finish', reason: reason ?? (calls > 0 ? 'tool_calls' : 'stop') }
}

function partsOf(saying: FakeSaying, nextIndex: () => number, newCallId: () => string): (ModelPart | Error)[] {
  if (saying instanceof Error) return [saying]
  if (typeof saying === 'string') return saying.split(/(?<=\s)/).map((text) => ({ type: 'text-delta', text }))
  if ('type' in saying) return [saying]
  const index = nextIndex()
  const id = saying.id === undefined ? newCallId() : saying.id
  const text = typeof saying.arguments === 'string' ? saying.arguments : JSON.stringify(saying.arguments ?? {})
  const half = Math.ceil(text.length / 2)
  return [
    { type: 'tool-call', index, id, name: saying.call },
    ...[text.slice(0, half), text.slice(half)]
      .filter((piece) => piece !== '')
      .map((piece): ModelPart => ({ type: 'tool-call-delta', index, arguments: piece })),
  ]
}

/** Usage with these two counts, for turns that tell their own. */
export function fakeUsage(prompt_tokens: number, completion_tokens: number): Usage {
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_token_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  }
}
