import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { serve } from './program.ts'
import { codeAskedFor, microsNow, modelOf, type Script, scriptOf, tokenText } from './script.ts'

/**
 * A scripted OpenAI-compatible upstream. The model's name says how many tokens it sends and how fast (see script.ts).
 * Answers that are sent at once are built once, so that the upstream never is what limits a flat-out run.
 */
const tokensPerWrite = 32
const blocksByScript = new Map<string, Buffer[]>()
let calls = 0
const gate = Promise.withResolvers<void>()

interface ChatRequest {
  model: string
  stream?: boolean
  messages: { role: string; content: unknown }[]
}

serve(
  createServer(async (request, response) => {
    if (request.method === 'POST' && request.url?.endsWith('/chat/completions')) await complete(request, response)
    else if (request.url === '/open') sendJson(response, 200, { opened: gate.resolve() === undefined })
    else if (request.url?.endsWith('/models')) sendJson(response, 200, { object: 'list', data: [] })
    else sendJson(response, 404, { error: { message: 'Unknown path', type: 'invalid_request_error' } })
  }),
)

async function complete(request: IncomingMessage, response: ServerResponse) {
  const { model, stream, messages } = (await json(request)) as ChatRequest
  const script = scriptOf(model)
  if (script.gated) await gate.promise
  if (!stream) return sendJson(response, 200, wholeAnswer(script))
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const last = messages.at(-1)
  const code = last?.role === 'user' ? codeAskedFor(last.content) : undefined
  if (code !== undefined) return response.end(codeCall(script, code))
  if (script.calling) {
    const called = messages.filter(({ role }) => role === 'tool').length
    return response.end(called < script.calling ? functionCall(script) : Buffer.concat(blocksOf(script)))
  }
  if (last?.role === 'tool')
    return response.end(opening(script) + tokenChunk(script, String(last.content)) + ending(script))
  if (script.rate > 0) return sendPaced(script, response)
  const blocks = blocksOf(script)
  if (blocks.length === 1) return response.end(blocks[0])
  await pipeline(Readable.from(blocks), response).catch(() => {}) // the reader may leave
}

function sendPaced(script: Script, response: ServerResponse) {
  let index = 0
  response.write(opening(script))
  const timer = setInterval(() => {
    response.write(tokenChunk(script, tokenText(index++, microsNow())))
    if (index < script.tokens) return
    clearInterval(timer)
    response.end(ending(script))
  }, 1000 / script.rate)
  response.on('close', () => clearInterval(timer))
}

function blocksOf(script: Script): Buffer[] {
  const known = blocksByScript.get(modelOf(script))
  if (known) return known
  const chunks = Array.from({ length: script.tokens }, (_, index) => tokenChunk(script, tokenText(index)))
  const lines = [opening(script), ...chunks, ending(script)]
  const blocks: Buffer[] = []
  while (lines.length > 0) blocks.push(Buffer.from(lines.splice(0, tokensPerWrite).join('')))
  blocksByScript.set(modelOf(script), blocks)
  return blocks
}

function opening(script: Script): string {
  return chunk(script, [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }])
}

function tokenChunk(script: Script, content: string): string {
  return chunk(script, [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }])
}

function codeCall(script: Script, code: string): string {
  return toolCall(script, { name: 'code_interpreter', arguments: JSON.stringify({ code }) })
}

function functionCall(script: Script): string {
  return toolCall(script, { name: 'step', arguments: '{"place":"somewhere"}' })
}

function toolCall(script: Script, called: { name: string; arguments: string }): string {
  const tool_calls = [{ index: 0, id: `call_${calls++}`, type: 'function', function: called }]
  const call = chunk(script, [{ index: 0, delta: { tool_calls }, logprobs: null, finish_reason: null }])
  return opening(script) + call + ending(script, 'tool_calls')
}

function ending(script: Script, finish_reason = 'stop'): string {
  const stop = chunk(script, [{ index: 0, delta: {}, logprobs: null, finish_reason }])
  return `${stop}${chunk(script, [], usageOf(script))}data: [DONE]\n\n`
}

function chunk(script: Script, choices: object[], usage: object | null = null): string {
  return `data: ${JSON.stringify({ ...envelope(script), object: 'chat.completion.chunk', choices, usage })}\n\n`
}

function wholeAnswer(script: Script) {
  const content = Array.from({ length: script.tokens }, (_, index) => tokenText(index)).join('')
  const choices = [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }]
  return { ...envelope(script), object: 'chat.completion', choices, usage: usageOf(script) }
}

function envelope(script: Script) {
  const id = 'chatcmpl-B7oNtZ5cQ2sVq0yXkRfWm3uDhJp1L'
  return { id, created: 1_760_000_000, model: modelOf(script), system_fingerprint: 'fp_bench' }
}

function usageOf({ tokens }: Script) {
  return { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens }
}

function sendJson(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
