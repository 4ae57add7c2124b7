import { Client, type Dispatcher } from 'undici'

/** A small keep-alive client: one lane is one connection with one request on its way at a time. */
export interface Lane extends AsyncDisposable {
  readonly index: number
  send(request: Request): Promise<Reply>
}

export interface Request {
  method: 'GET' | 'POST'
  path: string
  body?: string
}

export interface Reply {
  status: number
  text: string
}

export interface Load {
  operations: number
  seconds: number
  /** Milliseconds per operation, ascending. */
  latencies: number[]
  /** CPU time that belongs to these operations, where that is not all that the program used meanwhile. */
  cpuMicros?: number
}

export const headers = {
  authorization: 'Bearer bench',
  'content-type': 'application/json',
  'openai-beta': 'assistants=v2',
}

export function openLanes(origin: string, count: number): Lane[] {
  return Array.from({ length: count }, (_, index) => openLane(origin, index))
}

export async function closeLanes(lanes: Lane[]): Promise<void> {
  await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()))
}

/** Every lane repeats `operate` until the time is over; operations under way are finished and counted. */
export async function closedLoop<T>(lanes: T[], seconds: number, operate: (lane: T) => Promise<void>): Promise<Load> {
  const latencies: number[] = []
  const start = performance.now()
  const end = start + seconds * 1000
  await Promise.all(
    lanes.map(async (lane) => {
      for (let before = performance.now(); before < end; ) {
        await operate(lane)
        const after = performance.now()
        latencies.push(after - before)
        before = after
      }
    }),
  )
  const elapsed = (performance.now() - start) / 1000
  return { operations: latencies.length, seconds: elapsed, latencies: latencies.sort((a, b) => a - b) }
}

/** Sends a request whose reply has to be a success, and parses it. */
export async function call<T>(lane: Lane, request: Request): Promise<T> {
  const { status, text } = await lane.send(request)
  if (status !== 200) throw new Error(`${request.method} ${request.path} answered ${status}: ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

function openLane(origin: string, index: number): Lane {
  const client = new Client(origin, { pipelining: 1, keepAliveTimeout: 60_000 })
  return {
    index,
    send: (request) =>
      new Promise((resolve, reject) => client.dispatch({ headers, ...request }, collect(resolve, reject))),
    [Symbol.asyncDispose]: () => client.destroy(),
  }
}

/** undici's lowest level: its `request` would spend as much on a body stream as the rest of the call. */
function collect(resolve: (reply: Reply) => void, reject: (error: Error) => void): Dispatcher.DispatchHandler {
  let status = 0
  const chunks: Buffer[] = []
  return {
    onRequestStart() {},
    onResponseStart(_controller, statusCode) {
      status = statusCode
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk)
    },
    onResponseEnd() {
      resolve({ status, text: Buffer.concat(chunks).toString('utf8') })
    },
    onResponseError(_controller, error) {
      reject(error)
    },
  }
}
