import { readConfig } from '../../src/config.ts'
import { createServer } from '../../src/server.ts'
import { type Asked, type Described, remoteParts, type Told } from './remote-parts.ts'

/** What the process is started with, as JSON in its one argument. */
export interface Errand {
  readonly env: Readonly<Record<string, string>>
  readonly parts: Described
}

export type ToServer = { readonly stop: true } | Told
export type FromServer =
  | { readonly started: { readonly url: string; readonly search: { kind: 'keyword' | 'hybrid'; label: string } } }
  | { readonly refused: string }
  | Asked

// The entry of a process that serves for one test, under whichever runtime it was started with. See `serve-elsewhere.ts`.
const { env, parts }: Errand = JSON.parse(process.argv[2] ?? '')
const send = (message: FromServer) => process.send?.(message)
const remote = remoteParts(parts, send)

try {
  const server = await createServer(readConfig(env), remote.parts)
  process.on('message', (message: ToServer) => {
    if ('stop' in message) void server.stop().then(() => process.disconnect?.())
    else remote.told(message)
  })
  await server.start()
  send({ started: { url: server.url, search: server.search } })
} catch (error) {
  send({ refused: error instanceof Error ? error.message : String(error) })
  process.disconnect?.()
}
process.on('disconnect', () => process.exit())
