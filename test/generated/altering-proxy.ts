import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { isObject, type Json, type JsonObject, json } from '../support/json.ts'

/** Changes the JSON of a reply, in place. */
export type Alteration = (reply: JsonObject) => void

/** Stands between a client and a server, keeps every JSON reply, and alters one when it is asked to. */
export interface AlteringProxy extends AsyncDisposable {
  /** `http://127.0.0.1:<free port>` */
  readonly url: string
  /** What the server replied, by `x-request-id`. */
  readonly replies: ReadonlyMap<string, Json>
}

/** A request with the header `x-alter` gets its reply after the alteration of that name. */
export async function startAlteringProxy(
  target: string,
  alterations: Readonly<Record<string, Alteration>> = {},
): Promise<AlteringProxy> {
  const replies = new Map<string, Json>()
  const server = createServer(async (request, response) => {
    const reply = await forward(request, target)
    const type = reply.headers.get('content-type') ?? ''
    let body = Buffer.from(await reply.arrayBuffer())
    if (type.startsWith('application/json')) {
      const content = json.parse(JSON.parse(body.toString()))
      replies.set(reply.headers.get('x-request-id') ?? '', structuredClone(content))
      const alter = alterations[String(request.headers['x-alter'])]
      if (alter && isObject(content)) alter(content)
      body = Buffer.from(JSON.stringify(content))
    }
    const headers = Object.fromEntries(
      [...reply.headers].filter(([name]) => !/^(content-length|connection|keep-alive|transfer-encoding)$/.test(name)),
    )
    response.writeHead(reply.status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    replies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function forward(request: IncomingMessage, target: string): Promise<Response> {
  const { method = 'GET', url = '/', headers } = request
  const sent = ['authorization', 'content-type', 'openai-beta'].flatMap((name): [string, string][] => {
    const value = headers[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  const body = await buffer(request)
  return fetch(new URL(url, target), { method, headers: sent, ...(body.length > 0 && { body }) })
}
