/** The chunks of a stream. Ends with the signal's reason as soon as it is aborted, even if the stream never goes on. */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  const reader = stream.getReader()
  const cancel = () => void reader.cancel(signal.reason).catch(() => {}) // an abort has nobody to tell of a second fault
  signal.addEventListener('abort', cancel)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

/** Reads on until `bytes` are there or the document ends. `all` gives the whole of it, the head included. */
export async function readHead(chunks: AsyncGenerator<Uint8Array>, bytes: number) {
  const read: Uint8Array[] = []
  let length = 0
  while (length < bytes) {
    const { done, value } = await chunks.next()
    if (done) break
    read.push(value)
    length += value.byteLength
  }
  const head = Buffer.concat(read)

  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield head
      yield* chunks
    } finally {
      await chunks.return(undefined)
    }
  }
  return { head, all }
}
