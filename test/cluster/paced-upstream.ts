import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** One reply of the model. Its place among all, from 0 on, is its usage's `completion_tokens`. */
export interface PacedReply {
  readonly asked: string
  /** Whether it was sent to its end. */
  whole: boolean
}

export interface PacedUpstream extends AsyncDisposable {
  readonly url: string
  readonly replies: readonly PacedReply[]
  /** Replies that were left before they were over, by question. */
  readonly left: ReadonlySet<string>
}

export interface Pace {
  readonly words: number
  readonly everyMs: number
  /** What whoever asks again has to wait for each word. */
  readonly againMs?: number
  /** Whether the model calls the function `ask` before it answers. */
  readonly calls?: boolean
}

/** A question that is answered with so many words, one in so many milliseconds. */
export function question(name: string, { words, everyMs, againMs = everyMs, calls = false }: Pace): string {
  return `${name} ${words} ${everyMs} ${againMs} ${calls ? 'calls' : 'answers'}`
}

/** What the model says to it. */
export function answerTo(question: string): string {
  const [name, words] = question.split(' ')
  return Array.from({ length: Number(words) }, (_, index) => `${name}-${index}`).join(' ')
}

/** Whether the model calls a function first. */
export function isCalling(question: string): boolean {
  return question.endsWith(' calls')
}

/** A model that outlives the nodes under test, and says what it is asked to as slowly as it is asked to. */
export async function startPacedUpstream(): Promise<PacedUpstream> {
  const replies: PacedReply[] = []
  const left = new Set<string>()
  const server = createServer((request, response) => {
    reply(request, response, { replies, left }).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    replies,
    left,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Known {
  replies: PacedReply[]
  left: Set<string>
}

async function reply(request: IncomingMessage, response: ServerResponse, { replies, left }: Known): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json')
    response.end('{"object":"list","data":[{"id":"paced","object":"model","created":0,"owned_by":"test"}]}')
    return
  }
  const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: ChatMessage[] }
  const asked = said(messages.findLast(({ role }) => role === 'user'))
  const calls = isCalling(asked) && messages.at(-1)?.role === 'user'
  const before = replies.filter((one) => one.asked === asked).length
  const everyMs = Number(asked.split(' ')[before > (isCalling(asked) ? 1 : 0) ? 3 : 2])
  const number = replies.push({ asked, whole: false }) - 1
  response.on('close', () => {
    if (!response.writableFinished) left.add(asked)
  })
  response.setHeader('content-type', 'text/event-stream')
  for (const delta of calls ? [call(number)] : deltas(asked)) {
    if (response.destroyed) return
    response.write(frame({ choices: [{ index: 0, delta, finish_reason: null }] }))
    await pause(everyMs)
  }
  response.write(frame({ choices: [{ index: 0, delta: {}, finish_reason: calls ? 'tool_calls' : 'stop' }] }))
  const usage = { prompt_tokens: 7, completion_tokens: number, total_tokens: 7 + number }
  response.write(frame({ choices: [], usage }))
  response.end('data: [DONE]\n\n')
  replies[number] = { asked, whole: true }
}

interface ChatMessage {
  role: string
  content?: string | { text: string }[]
}

function said(message: ChatMessage | undefined): string {
  const { content = '' } = message ?? {}
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}

function deltas(asked: string): object[] {
  return answerTo(asked)
    .split(/(?<= )/)
    .map((content) => ({ content }))
}

function call(number: number): object {
  return { tool_calls: [{ index: 0, id: `call_${number}`, function: { name: 'ask', arguments: '{}' } }] }
}

function frame(fields: object): string {
  const chunk = { id: 'chatcmpl-paced', object: 'chat.completion.chunk', created: 1, model: 'paced', ...fields }
  return `data: ${JSON.stringify(chunk)}\n\n`
}
