import type { Embedder } from '../../src/ports/embedder.ts'

export interface FakeEmbedderOptions {
  readonly dimensions?: number
  /** Part of `space`: two names are two models whose vectors must not meet. */
  readonly model?: string
  /** Runs before each call is answered: may wait for something, or reject in its place. */
  readonly before?: (call: FakeEmbedderCall) => void | Promise<void>
}

export interface FakeEmbedderCall {
  readonly texts: readonly string[]
  readonly kind: 'query' | 'passage'
  readonly signal: AbortSignal
}

/**
 * An embedder for tests alone: it knows no meanings, only letters. A text's vector adds up its words and their groups of
 * three letters, each in the direction that its hash gives, so that texts with words in common are near each other, those
 * with similar words a little, and others are not. The same text always has the same vector.
 */
export class FakeEmbedder implements Embedder {
  readonly space: string
  readonly dimensions: number
  /** What was asked, in order. */
  readonly calls: FakeEmbedderCall[] = []
  readonly #seed: number
  readonly #before: NonNullable<FakeEmbedderOptions['before']>

  constructor({ dimensions = 256, model = 'fake', before = () => {} }: FakeEmbedderOptions = {}) {
    this.dimensions = dimensions
    this.space = `${dimensions}/${model}`
    this.#seed = hash(model, 0)
    this.#before = before
  }

  async embed(
    texts: readonly string[],
    { kind, signal }: { kind: 'query' | 'passage'; signal: AbortSignal },
  ): Promise<Float32Array[]> {
    const call = { texts: [...texts], kind, signal }
    this.calls.push(call)
    signal.throwIfAborted()
    await this.#before(call)
    signal.throwIfAborted()
    return texts.map((text) => this.#vectorOf(text))
  }

  #vectorOf(text: string): Float32Array {
    const vector = new Float32Array(this.dimensions)
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
      this.#add(vector, word, 1)
      for (let start = 0; start + 3 <= word.length; start++) this.#add(vector, word.slice(start, start + 3), 0.2)
    }
    const length = Math.hypot(...vector)
    return vector.map((value) => value / length)
  }

  /** Two dimensions for each feature, so that two features seldom hide each other. */
  #add(vector: Float32Array, feature: string, weight: number): void {
    const first = hash(feature, this.#seed)
    const second = hash(feature, first)
    for (const bits of [first, second]) {
      const place = (bits >>> 1) % vector.length
      vector[place] = (vector[place] ?? 0) + (bits & 1 ? weight : -weight)
    }
  }
}

/** FNV-1a, and a mixing of the bits at the end. */
function hash(text: string, seed: number): number {
  let bits = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index++) bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193)
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d)
  return (bits ^ (bits >>> 13)) >>> 0
}
