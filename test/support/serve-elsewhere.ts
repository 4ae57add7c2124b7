import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Server } from '../../src/server.ts'
import { answerCalls, describeParts, type Parts } from './remote-parts.ts'
import type { Errand, FromServer, ToServer } from './served-elsewhere.ts'

const entry = fileURLToPath(new URL('served-elsewhere.ts', import.meta.url))

/**
 * A started server in a process of its own, under another runtime: its program is `runtime`. The model and the embedder
 * stay here and are asked from there. Rejects with the words in which the server refused to start.
 */
export async function serveElsewhere(runtime: string, env: Record<string, string>, parts: Parts): Promise<Server> {
  const errand: Errand = { env, parts: await describeParts(parts) }
  const child = spawn(runtime, [entry, JSON.stringify(errand)], {
    env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }, // our Node, for parsers
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const { url, search } = await started(child, parts)
  return {
    url,
    search,
    upstream: { kind: 'elsewhere', label: 'elsewhere', url: null, mapped: [] },
    code: { label: 'elsewhere' },
    start: async () => {},
    async stop() {
      if (child.connected) send(child, { stop: true })
      await ended
    },
  }
}

type Started = Extract<FromServer, { started: unknown }>['started']

function started(child: ChildProcess, parts: Parts): Promise<Started> {
  const answer = answerCalls(parts, (told) => {
    if (child.connected) send(child, told)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)))
    child.on('message', (message: FromServer) => {
      if ('started' in message) resolve(message.started)
      else if ('refused' in message) reject(new Error(message.refused))
      else answer(message)
    })
  })
}

function send(child: ChildProcess, message: ToServer): void {
  child.send(message)
}
