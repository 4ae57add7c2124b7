import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

interface ChatMessage {
  role: string
  content?: string | { text: string }[]
  tool_call_id?: string
}

/** What the model says to a prompt that ends with this user message: known, so that a half-written reply shows. */
export function expectedText(question: string): string {
  return Array.from({ length: 20 }, (_, word) => `${question}-${word}`).join(' ')
}

/** What it says once its calls were answered. */
export function expectedAnswer(outputs: readonly string[]): string {
  return `The tools said: ${outputs.join(' and ')}.`
}

export interface CrashUpstream extends AsyncDisposable {
  readonly url: string
}

/**
 * An upstream that outlives the server under test. A user message that begins with `text` is answered with twenty
 * words, slowly; one that begins with `call` with two function calls, and their outputs with a sentence.
 */
export async function startUpstream(): Promise<CrashUpstream> {
  const server = createServer((request, response) => {
    reply(request, response).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json')
    response.end('{"object":"list","data":[{"id":"crash","object":"model","created":0,"owned_by":"test"}]}')
    return
  }
  const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: ChatMessage[] }
  response.setHeader('content-type', 'text/event-stream')
  for (const delta of deltas(messages)) {
    if (response.destroyed) return
    response.write(frame({ choices: [{ index: 0, delta, finish_reason: null }] }))
    await pause(2)
  }
  const called = isCall(messages)
  response.write(frame({ choices: [{ index: 0, delta: {}, finish_reason: called ? 'tool_calls' : 'stop' }] }))
  response.write(frame({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 } }))
  response.end('data: [DONE]\n\n')
}

function* deltas(messages: readonly ChatMessage[]): Generator<object> {
  if (isCall(messages)) {
    for (const index of [0, 1]) {
      const opened = { index, id: `call_${index}`, type: 'function', function: { name: 'ask', arguments: '' } }
      yield { role: 'assistant', tool_calls: [opened] }
      yield { tool_calls: [{ index, function: { arguments: `{"n":${index}}` } }] }
    }
    return
  }
  for (const piece of text(messages).split(/(?<= )/)) yield { content: piece }
}

function text(messages: readonly ChatMessage[]): string {
  if (messages.at(-1)?.role !== 'tool') return expectedText(said(messages.at(-1)))
  const outputs = messages.filter((message) => message.role === 'tool').map(said)
  return expectedAnswer(outputs)
}

function isCall(messages: readonly ChatMessage[]): boolean {
  const last = messages.at(-1)
  return last?.role === 'user' && said(last).startsWith('call')
}

function said(message: ChatMessage | undefined): string {
  if (typeof message?.content === 'string') return message.content
  return message?.content?.map((part) => part.text).join('') ?? ''
}

function frame(fields: object): string {
  const chunk = { id: 'chatcmpl-crash', object: 'chat.completion.chunk', created: 1, model: 'crash', ...fields }
  return `data: ${JSON.stringify(chunk)}\n\n`
}
