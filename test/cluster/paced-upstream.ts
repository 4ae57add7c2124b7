import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface PacedUpstream extends AsyncDisposable {
  readonly url: string
  /** Replies that were left before they were over, by question. */
  readonly left: ReadonlySet<string>
}

/** A question that is answered with so many words, one in so many milliseconds. */
export function question(name: string, { words, everyMs }: { words: number; everyMs: number }): string {
  return `${name} ${words} ${everyMs}`
}

/** What the model says to it. */
export function answerTo(question: string): string {
  const [name, words] = question.split(' ')
  return Array.from({ length: Number(words) }, (_, index) => `${name}-${index}`).join(' ')
}

/** A model that outlives the nodes under test, and says what it is asked to as slowly as it is asked to. */
export async function startPacedUpstream(): Promise<PacedUpstream> {
  const left = new Set<string>()
  const server = createServer((request, response) => {
    reply(request, response, left).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    left,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function reply(request: IncomingMessage, response: ServerResponse, left: Set<string>): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json')
    response.end('{"object":"list","data":[{"id":"paced","object":"model","created":0,"owned_by":"test"}]}')
    return
  }
  const { messages } = JSON.parse(Buffer.concat(chunks).toString())
  const asked = said(messages.at(-1))
  const everyMs = Number(asked.split(' ')[2])
  response.on('close', () => {
    if (!response.writableFinished) left.add(asked)
  })
  response.setHeader('content-type', 'text/event-stream')
  for (const content of answerTo(asked).split(/(?<= )/)) {
    if (response.destroyed) return
    response.write(frame({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }))
    await pause(everyMs)
  }
  response.write(frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }))
  response.write(frame({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 } }))
  response.end('data: [DONE]\n\n')
}

function said({ content }: { content: string | { text: string }[] }): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}

function frame(fields: object): string {
  const chunk = { id: 'chatcmpl-paced', object: 'chat.completion.chunk', created: 1, model: 'paced', ...fields }
  return `data: ${JSON.stringify(chunk)}\n\n`
}
