import type { StreamEvent } from '../api/stream-event.ts'
import { LightResponse } from './light-response.ts'
import { frameOf, framesOfFailure, keepAlive } from './sse-frame.ts'

const keepAliveMs = 15_000

/** Frames that are ready together go out together, up to about this many characters. */
const chunkCharacters = 64 * 1024

/**
 * A run's events as a `text/event-stream`. Each is read only when the client has room for it, so a slow reader slows
 * its source. A client that goes away aborts the signal given to `follow`, and nothing else. Should the events break
 * off, `report` is told and the client gets an `error` event.
 */
export function streamEvents(
  follow: (signal: AbortSignal) => AsyncIterable<StreamEvent>,
  { report }: { report: (error: unknown) => void },
): Response {
  return new LightResponse(eventStream(follow, report), {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    },
  })
}

function eventStream(
  follow: (signal: AbortSignal) => AsyncIterable<StreamEvent>,
  report: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const gone = new AbortController()
  const events = follow(gone.signal)[Symbol.asyncIterator]()
  const output = createOutput()
  let reading = false

  function readNext(): void {
    reading = true
    events.next().then(onEvent, onFailure)
  }

  function onEvent(next: IteratorResult<StreamEvent>): void {
    reading = false
    if (gone.signal.aborted) return
    if (next.done) {
      output.end('')
    } else {
      output.add(frameOf(next.value))
      if (output.hasRoom()) readNext()
    }
  }

  function onFailure(error: unknown): void {
    if (gone.signal.aborted) return
    report(error)
    output.end(framesOfFailure(error))
  }

  return new ReadableStream<Uint8Array>(
    {
      start: output.open,
      pull() {
        output.ask()
        if (!reading) readNext()
      },
      cancel(reason) {
        output.stop()
        gone.abort(reason)
        events.return?.().catch(onFailure) // lets a follower clean up that is not waiting for anything
      },
    },
    { highWaterMark: 0 },
  )
}

/**
 * The near end of the connection. Text is gathered from the first frame to the end of that turn of the event loop and
 * then sent as one chunk, if the client asked for one.
 */
function createOutput() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let asked = false
  let scheduled = false
  let text = ''
  const silence = setTimeout(breakSilence, keepAliveMs)

  function send(): void {
    scheduled = false
    if (!asked || text === '' || controller === undefined) return
    const chunk = Buffer.from(text)
    asked = false
    text = ''
    silence.refresh()
    controller.enqueue(chunk)
  }

  function breakSilence(): void {
    silence.refresh()
    if (!asked || text !== '') return
    text = keepAlive
    send()
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(send)
  }

  return {
    open(opened: ReadableStreamDefaultController<Uint8Array>) {
      controller = opened
    },
    /** The client takes one more chunk. */
    ask() {
      asked = true
      if (text !== '') schedule()
    },
    add(frame: string) {
      text += frame
      schedule()
    },
    hasRoom() {
      return asked && text.length < chunkCharacters
    },
    end(frames: string) {
      text += frames
      asked = true // the last chunk is queued even when nobody asks: closing delivers it
      send()
      clearTimeout(silence)
      controller?.close()
    },
    stop() {
      clearTimeout(silence)
      controller = undefined
    },
  }
}
