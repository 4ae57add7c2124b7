import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What the upstream does with one request. */
export type UpstreamReply =
  /** A recorded stream, by the name of its file; in pieces of so many bytes, and cut after so many. */
  | { stream: string; pieces?: number; cutAfter?: number }
  | { status: number; body?: unknown; headers?: Record<string, string> }
  /** Says nothing at all, or nothing more after its head. */
  | { hang: 'before head' | 'after head' }
  /** Closes the socket without an answer. */
  | { drop: true }
  | ((request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>)

export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Resolves when the socket that it came on is closed. */
  readonly closed: Promise<unknown>
}

export interface LoopbackUpstream extends AsyncDisposable {
  /** Its base URL, `/v1` included. */
  readonly url: string
  readonly requests: UpstreamRequest[]
  /** How many sockets were opened in all. */
  readonly sockets: number
}

const folder = new URL('upstream-streams/', import.meta.url)

/** An upstream on a free loopback port that gives the replies one after the other, and the last one for ever. */
export async function startUpstream(...replies: UpstreamReply[]): Promise<LoopbackUpstream> {
  const requests: UpstreamRequest[] = []
  let sockets = 0
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers, socket } = request
    const closed = once(socket, 'close')
    const body = await text(request)
    requests.push({ method, path: url, headers, body, closed })
    const reply = replies.length > 1 ? replies.shift() : replies[0]
    if (typeof reply === 'function') await reply(request, response, body)
    else if (reply) await answer(reply, request, response)
  })
  server.on('connection', () => {
    sockets += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    get sockets() {
      return sockets
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The bytes of a recorded stream. */
export function recordedStream(name: string): Promise<Buffer> {
  return readFile(new URL(name, folder))
}

async function answer(
  reply: Exclude<UpstreamReply, (...args: never) => unknown>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if ('drop' in reply) {
    request.socket.destroy()
  } else if ('hang' in reply) {
    if (reply.hang === 'after head') response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  } else if ('status' in reply) {
    const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(body)
  } else {
    await sendStream(reply, response)
  }
}

async function sendStream(
  { stream, pieces, cutAfter }: { stream: string; pieces?: number; cutAfter?: number },
  response: ServerResponse,
): Promise<void> {
  const bytes = (await recordedStream(stream)).subarray(0, cutAfter)
  const size = pieces ?? bytes.length
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  for (let start = 0; start < bytes.length; start += size)
    await new Promise<void>((resolve) => response.write(bytes.subarray(start, start + size), () => resolve()))
  if (cutAfter === undefined) response.end()
  else response.destroy()
}
