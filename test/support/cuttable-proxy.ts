import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut. */
export interface CuttableProxy extends AsyncDisposable {
  readonly port: number
  /**
   * `silent`: whatever is sent waits on the way, and neither side is told, as when a network is parted. `refused`:
   * connections break, and new ones too.
   */
  cut(how: 'silent' | 'refused'): void
  /** What waited on the way arrives. */
  mend(): void
}

/** Passes connections on to a port of this machine. */
export async function startCuttableProxy(target: number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>()
  let state: 'open' | 'silent' | 'refused' = 'open'

  function hold(socket: Socket): void {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {}) // its other end is told by `close`
    if (state === 'silent') socket.pause()
  }

  function join(from: Socket, to: Socket): void {
    hold(from)
    from.on('data', (data) => {
      to.write(data)
      if (state === 'silent') from.pause()
    })
    from.on('end', () => to.end())
    from.on('close', () => to.destroy())
  }

  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    if (state === 'refused') return void incoming.destroy()
    const outgoing = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    join(incoming, outgoing)
    join(outgoing, incoming)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function cut(how: 'silent' | 'refused'): void {
    state = how
    for (const socket of sockets) how === 'silent' ? socket.pause() : socket.destroy()
  }

  function mend(): void {
    state = 'open'
    for (const socket of sockets) socket.resume()
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
