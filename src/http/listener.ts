import type { RequestListener } from 'node:http'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import { badRequest } from '../api/error.ts'
import type { Log } from '../lib/log.ts'
import { replyToError } from './errors.ts'
import { beginExchange } from './exchange.ts'

/**
 * The app as what `node:http` calls. A request whose address cannot be read never reaches the app: it is refused here,
 * in the same words and with the same headers as everything else.
 */
export function createListener(
  app: { fetch(request: Request): Promise<Response> | Response },
  log: Log,
): RequestListener {
  return getRequestListener(
    (request, { incoming }) => {
      requireHost(incoming)
      return app.fetch(request)
    },
    {
      overrideGlobalObjects: false,
      hostname: 'localhost', // of requests that name no host
      errorHandler: (error) => replyToError(toRefusal(error), { exchange: beginExchange(), log }),
    },
  )
}

/** HTTP/1.1 demands the header; requests by HTTP/1.0, such as health checks of load balancers, may lack it. */
function requireHost({ headers, httpVersion }: Pick<HttpBindings['incoming'], 'headers' | 'httpVersion'>): void {
  if (headers.host === undefined && httpVersion !== '1.0') throw new RequestError('Missing host header')
}

function toRefusal(error: unknown): unknown {
  if (!(error instanceof RequestError)) return error
  return badRequest(
    `We could not read the address of your request: ${error.message}. Check its URL and its 'Host' header.`,
  )
}
