import { type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError } from '../api/error.ts'
import { newId } from '../lib/id.ts'

/**
 * Answers what is no HTTP, or too much of it, like every other refusal; Node alone would send a bare status. Nothing is
 * written into a reply that has begun: that connection is cut.
 */
export function answerUnreadableRequests(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>()
  server.on('request', (request, response) => latest.set(request.socket, response))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const reply = latest.get(socket)
    // A reply without a socket waits behind another one, or is through: `writableFinished` tells which.
    const begun = reply !== undefined && !reply.writableFinished && (reply.socket === null || reply.headersSent)
    if (!socket.writable || begun) socket.destroy()
    else socket.end(refusalOf(error), () => socket.destroy())
  })
}

function refusalOf({ code, message }: NodeJS.ErrnoException): string {
  const error = toApiError(code, message)
  const body = JSON.stringify(error.toEnvelope())
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'openai-version: 2020-10-01',
    `x-request-id: ${newId('request')}`,
    '',
    body,
  ].join('\r\n')
}

function toApiError(code: string | undefined, problem: string): ApiError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ApiError({ status: 431, message: 'The URL or the headers of your request are too long.' })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ApiError({ status: 408, message: 'Your request took too long to arrive. Please send it again.' })
    default:
      return new ApiError({ status: 400, message: `We could not read your request as HTTP: ${problem}.` })
  }
}
