import type { Log } from '../../lib/log.ts'
import { UpstreamFailure } from '../model/upstream-failure.ts'
import { cutText } from './cut-text.ts'
import { inParallel } from './in-parallel.ts'
import { meanVector } from './unit-vector.ts'

/** Unit vectors for texts, in their order. */
export type Embed = (texts: readonly string[], signal: AbortSignal) => Promise<Float32Array[]>

export interface BatchingOptions {
  /** Texts in one request. */
  readonly texts: number
  /** Characters in one request, unless a single text has more. */
  readonly characters: number
  /** Requests of one call at a time. */
  readonly parallel: number
  readonly log: Log
}

const shortest = 64 // bytes: a text that is refused below this is not refused for its length

/**
 * Any number of texts of any length, by requests that the model takes. What it takes is learned from its refusals: a
 * request that is too much for it is sent again in two, and a text that is too long in halves, whose mean it gets,
 * weighted by their lengths. Later requests keep within what was learned.
 */
export function createBatching(ask: Embed, { characters, parallel, log, ...options }: BatchingOptions): Embed {
  let most = options.texts
  let tooLong = Number.POSITIVE_INFINITY // bytes of the shortest text that was refused for its length

  async function embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const pieces = texts.map((text) => cutText(text, tooLong))
    const batches = batchesOf(pieces.flat(), { texts: most, characters })
    const vectors = (await inParallel(batches, { width: parallel, signal }, embedBatch)).flat()
    let next = 0
    return pieces.map((ofText) => {
      const start = next
      next += ofText.length
      return meanVector(
        vectors.slice(start, next),
        ofText.map((piece) => Buffer.byteLength(piece)),
      )
    })
  }

  async function embedBatch(batch: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    try {
      return await ask(batch, signal)
    } catch (error) {
      const [only = ''] = batch
      if (batch.length > 1 && isRefusal(error)) return inTwo(batch, signal)
      if (batch.length === 1 && isTooLong(error) && Buffer.byteLength(only) >= shortest) return inHalves(only, signal)
      throw error
    }
  }

  async function inTwo(batch: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const middle = Math.ceil(batch.length / 2)
    const before = tooLong
    const vectors = [...(await embed(batch.slice(0, middle), signal)), ...(await embed(batch.slice(middle), signal))]
    if (tooLong === before) most = Math.min(most, middle) // no text was too long, so they were too many
    return vectors
  }

  async function inHalves(text: string, signal: AbortSignal): Promise<Float32Array[]> {
    const before = tooLong
    tooLong = Math.min(tooLong, Buffer.byteLength(text))
    try {
      const vectors = await embed([text], signal)
      log.info({ bytes: Buffer.byteLength(text) }, 'text too long for the embedding model, cut in two')
      return vectors
    } catch (error) {
      tooLong = before // it was something else
      throw error
    }
  }

  return embed
}

/** In their order, each batch within both bounds. */
function batchesOf(all: readonly string[], { texts, characters }: { texts: number; characters: number }): string[][] {
  const batches: string[][] = []
  let room = 0
  for (const text of all) {
    const batch = batches.at(-1)
    if (batch === undefined || batch.length >= texts || text.length > room) {
      batches.push([text])
      room = characters - text.length
    } else {
      batch.push(text)
      room -= text.length
    }
  }
  return batches
}

/** Whether it was about what was sent; of several texts a part may still pass. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof UpstreamFailure)) return false
  return error.code === 'context_length_exceeded' || error.code === 'invalid_prompt' || error.status === 413
}

/** Servers have many words for it, and most name tokens. */
function isTooLong(error: unknown): boolean {
  if (!(error instanceof UpstreamFailure)) return false
  if (error.code === 'context_length_exceeded' || error.status === 413) return true
  return error.code === 'invalid_prompt' && /\btokens?\b|too (long|large|big)|\blength\b/i.test(error.message)
}
