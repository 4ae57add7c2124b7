import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type RequestListener,
  ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { answerUnreadableRequests } from './unreadable-requests.ts'

/** How long the last words of replies may take to reach their readers. */
const drainMs = 2000

/** A listening socket that can be closed without cutting anybody off. */
export interface HttpServer {
  /** Answers the port. Rejects when it is taken. */
  listen(where: { host: string; port: number }): Promise<number>
  /** From now on no connection is accepted, idle ones are closed, and others end with their next reply. */
  close(): void
  /** After `close`: resolves when all replies have gone out, or have been cut because their readers take too long. */
  drained(): Promise<void>
}

export function createHttpServer(listener: RequestListener): HttpServer {
  let closing = false
  const closed = Promise.withResolvers<void>()
  // The listener refuses requests without a host itself, in the API's words.
  const options = { ServerResponse: responseClass(() => closing), requireHostHeader: false }
  const server = createServer(options, listener)
  answerUnreadableRequests(server)
  server.on('checkExpectation', listener) // an expectation that nobody knows changes nothing
  // Runs may stay silent for minutes between events; streams have their own keep-alive.
  server.requestTimeout = 0

  function listen({ host, port }: { host: string; port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve((server.address() as AddressInfo).port)
      })
    })
  }

  function close(): void {
    closing = true
    server.close(() => closed.resolve())
  }

  async function drained(): Promise<void> {
    const sweep = setInterval(() => server.closeIdleConnections(), 10)
    await Promise.race([closed.promise, pause(drainMs, undefined, { ref: false })])
    clearInterval(sweep)
    server.closeAllConnections()
    await closed.promise
  }

  return { listen, close, drained }
}

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]

/** Responses that end their connection, and say so, once the server is closing. */
function responseClass(closing: () => boolean) {
  return class<Request extends IncomingMessage> extends ServerResponse<Request> {
    override writeHead(status: number, message?: string | Headers, headers?: Headers): this {
      if (closing()) this.shouldKeepAlive = false
      return typeof message === 'string'
        ? super.writeHead(status, message, headers)
        : super.writeHead(status, message ?? headers)
    }
  }
}
