import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'

/** `pass` it on; `refuse` it with 503, as an overloaded server does; pass it on and `lose` the answer; or let it `hang`. */
export type Meddling = 'pass' | 'refuse' | 'lose' | 'hang'

/** A server that passes requests on to another as they are, but for those that `meddle` has other plans with. */
export async function startMeddlingProxy(
  target: string,
  meddle: (request: { method: string; url: string }) => Meddling,
): Promise<{ endpoint: string } & AsyncDisposable> {
  const server = createServer((incoming, outgoing) => {
    const plan = meddle({ method: incoming.method ?? '', url: incoming.url ?? '' })
    carryOut(plan, target, incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function carryOut(plan: Meddling, target: string, incoming: IncomingMessage, outgoing: ServerResponse) {
  if (plan === 'hang') return void incoming.resume()
  if (plan === 'refuse') {
    incoming.resume()
    await once(incoming, 'end')
    return void outgoing.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
  }
  const { method, url, headers } = incoming
  const onward = request(new URL(url ?? '', target), { method, headers, setHost: false })
  const [[answer]] = await Promise.all([
    once(onward, 'response') as Promise<[IncomingMessage]>,
    pipeline(incoming, onward),
  ])
  if (plan === 'lose') return void outgoing.destroy()
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
  await pipeline(answer, outgoing)
}
