import { brokenOff, tooLarge } from './errors.ts'

/**
 * The body of a request as it comes in, up to `maxBytes`. Throws `ApiError`: 413 beyond that, 400 when the client
 * goes away in the middle, which is no failure of ours.
 */
export async function* limitedBody(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes)
  const reader = request.body?.getReader()
  let bytes = 0
  try {
    for (;;) {
      const next = await reader?.read().catch(becauseBrokenOff)
      if (next?.value === undefined) return
      bytes += next.value.byteLength
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      yield next.value
    }
  } finally {
    reader?.releaseLock()
  }
}

/** Reads and drops what is left of a body that nobody else reads any more, up to about `maxBytes`. */
export async function dropBody(request: Request, maxBytes: number): Promise<void> {
  const reader = request.body?.getReader()
  for (let left = maxBytes; left > 0; ) {
    const next = await reader?.read().catch(becauseBrokenOff)
    if (next?.value === undefined) return
    left -= next.value.byteLength
  }
}

export function becauseBrokenOff(cause: unknown): never {
  throw brokenOff(cause)
}
