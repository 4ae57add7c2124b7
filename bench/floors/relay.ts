import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createParser } from 'eventsource-parser'
import { Agent, request as requestUpstream } from 'undici'
import { serve } from '../program.ts'

/**
 * Floor F3: a relay that translates. undici and eventsource-parser read the chat completion, each token leaves as one
 * `thread.message.delta` event. It speaks just enough of the Assistants API to be driven like the server under test,
 * and keeps nothing: no run, no message, no step.
 *
 *   node relay.ts UPSTREAM-ORIGIN
 */
const upstream = process.argv[2] ?? ''
const dispatcher = new Agent({ pipelining: 1 })
const head =
  'event: thread.message.delta\ndata: {"id":"msg_000000000000000000000000","object":"thread.message.delta","delta":'

serve(
  createServer(async (request, response) => {
    if (request.url === '/v1/assistants') await createAssistant(request, response)
    else if (request.url === '/v1/threads/runs') await runThread(request, response)
    else response.writeHead(404).end()
  }),
)

async function createAssistant(request: IncomingMessage, response: ServerResponse) {
  const { model } = (await json(request)) as { model: string }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: `asst_${model}` }))
}

async function runThread(request: IncomingMessage, response: ServerResponse) {
  const { assistant_id, thread } = (await json(request)) as { assistant_id: string; thread: { messages: object[] } }
  const model = assistant_id.replace('asst_', '')
  const body = JSON.stringify({
    model,
    messages: thread.messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  const headers = { 'content-type': 'application/json' }
  const reply = await requestUpstream(`${upstream}/v1/chat/completions`, { method: 'POST', headers, body, dispatcher })
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  await pipeline(reply.body.setEncoding('utf8'), translate, response).catch(() => {}) // the reader may leave
}

/** Tokens that arrive together leave together. */
async function* translate(source: AsyncIterable<string>) {
  let events = ''
  const parser = createParser({ onEvent: ({ data }) => (events += eventOf(data)) })
  for await (const piece of source) {
    parser.feed(piece)
    if (events) yield events
    events = ''
  }
  yield 'event: done\ndata: [DONE]\n\n'
}

function eventOf(data: string): string {
  if (data === '[DONE]') return ''
  const value: unknown = JSON.parse(data).choices[0]?.delta.content
  if (!value) return ''
  return `${head}{"content":[{"index":0,"type":"text","text":{"value":${JSON.stringify(value)}}}]}}\n\n`
}
