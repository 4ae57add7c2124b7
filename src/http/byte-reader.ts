/** Bytes up to a mark, as they arrive. May be left half-read: `skip` then reads the rest. */
export interface Section extends AsyncIterable<Uint8Array> {
  skip(): Promise<void>
}

/** Reads a stream of bytes from mark to mark, holding no more than a chunk. `endedEarly` makes the error it throws. */
export interface ByteReader {
  /** What comes before the next `mark`; the mark itself is passed over. */
  until(mark: Buffer): Section
  /** Whether these characters come next; nothing is consumed. */
  startsWith(text: string): Promise<boolean>
}

export function createReader(
  source: AsyncIterator<Uint8Array>,
  { held = Buffer.alloc(0), endedEarly }: { held?: Buffer; endedEarly: () => Error },
): ByteReader {
  async function more(): Promise<void> {
    const next = await source.next()
    if (next.done) throw endedEarly()
    held = held.length === 0 ? asBuffer(next.value) : Buffer.concat([held, next.value])
  }

  function until(mark: Buffer): Section {
    let reached = false
    async function* read(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const at = held.indexOf(mark)
        const ready = held.subarray(0, at === -1 ? Math.max(0, held.length - mark.length + 1) : at)
        held = held.subarray(at === -1 ? ready.length : at + mark.length)
        reached = at !== -1
        if (ready.length > 0) yield ready
        if (reached) return
        await more()
      }
    }
    async function skip() {
      if (!reached) for await (const _ of read());
    }
    return { [Symbol.asyncIterator]: read, skip }
  }

  async function startsWith(text: string): Promise<boolean> {
    while (held.length < text.length) await more()
    return held.toString('latin1', 0, text.length) === text
  }

  return { until, startsWith }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
