import type { Dispatcher } from 'undici'
import { headers, type Request } from './loader.ts'

/** One event stream being read: chat completion chunks or assistant events, told apart by their framing. */
export interface Stream {
  /** Resolves when the stream has ended in good order, that is with `[DONE]`. */
  readonly finished: Promise<StreamEnd>
  pause(): void
  resume(): void
}

export interface StreamEnd {
  /** All token text that came in pieces, joined. */
  text: string
  /** Milliseconds from sending the request to the first piece of text, and to the end. */
  firstText: number
  total: number
}

export function openStream(dispatcher: Dispatcher, request: Request, onText?: (piece: string) => void): Stream {
  const { promise: finished, resolve, reject } = Promise.withResolvers<StreamEnd>()
  finished.catch(() => {}) // whoever awaits it sees the error; a stream may also be let go
  const start = performance.now()
  const reader = createReader((piece) => {
    if (reader.text === '') end.firstText = performance.now() - start
    onText?.(piece)
  })
  const end: StreamEnd = { text: '', firstText: Number.NaN, total: Number.NaN }
  let controller: Dispatcher.DispatchController | undefined
  let refusal = ''
  let status = 0
  dispatcher.dispatch(
    { headers, ...request, headersTimeout: 60_000, bodyTimeout: 60_000 },
    {
      onRequestStart(given) {
        controller = given
      },
      onResponseStart(_controller, statusCode) {
        status = statusCode
      },
      onResponseData(_controller, chunk) {
        if (status === 200) reader.feed(chunk)
        else refusal += chunk
      },
      onResponseEnd() {
        if (status !== 200) return reject(new Error(`${request.path} answered ${status}: ${refusal.slice(0, 300)}`))
        if (!reader.done) return reject(new Error(`${request.path} ended before it was done. ${reader.failure}`))
        resolve({ ...end, text: reader.text, total: performance.now() - start })
      },
      onResponseError(_controller, error) {
        reject(error)
      },
    },
  )
  return { finished, pause: () => controller?.pause(), resume: () => controller?.resume() }
}

interface Reader {
  readonly text: string
  readonly done: boolean
  readonly failure: string
  feed(chunk: Buffer): void
}

/**
 * Finds the token text in an event stream without parsing its JSON, so that the loader costs less than the server.
 * That is enough here: scripted tokens are ASCII and hold nothing that JSON escapes.
 */
function createReader(onText: (piece: string) => void): Reader {
  const state = { text: '', done: false, failure: '', feed }
  let rest = ''
  function feed(chunk: Buffer) {
    const blocks = (rest + chunk.toString('latin1')).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) read(block)
  }
  function read(block: string) {
    if (block.startsWith('event: thread.message.delta')) add(between(block, '"value":"'))
    else if (block.startsWith('event: done') || block === 'data: [DONE]') state.done = true
    else if (block.startsWith('data: ')) add(between(block, '"content":"'))
    else if (/^event: (error|thread\.run\.(failed|incomplete|expired))/.test(block)) state.failure = block.slice(0, 600)
  }
  function add(piece: string) {
    if (piece === '') return
    onText(piece)
    state.text += piece
  }
  return state
}

function between(block: string, opening: string): string {
  const at = block.indexOf(opening)
  if (at < 0) return ''
  const from = at + opening.length
  return block.slice(from, block.indexOf('"', from))
}
