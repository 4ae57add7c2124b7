import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a database on which one can see how often somebody waits for it. */
export interface WatchedWay extends AsyncDisposable {
  readonly port: number
  /** So far: how often a client has sent after the database had answered, and the bytes of both. */
  counted(): { roundTrips: number; sent: number; received: number }
  /** Connections that are open now. */
  open(): number
}

/** Passes bytes between its own port and another on loopback. */
export async function watchWay(to: number): Promise<WatchedWay> {
  const counts = { roundTrips: 0, sent: 0, received: 0 }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const database = connect({ port: to, host: '127.0.0.1', noDelay: true })
    let answered = true
    client.on('data', (chunk) => {
      if (answered) counts.roundTrips += 1
      answered = false
      counts.sent += chunk.length
    })
    database.on('data', (chunk) => {
      answered = true
      counts.received += chunk.length
    })
    client.pipe(database).pipe(client)
    sockets.add(client)
    client.on('close', () => {
      sockets.delete(client)
      database.destroy()
    })
    client.on('error', () => database.destroy())
    database.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    counted: () => ({ ...counts }),
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
