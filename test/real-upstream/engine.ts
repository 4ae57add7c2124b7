import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type ChatRequest, collectCompletion, startCompletion, streamCompletion } from './chat-completions.ts'
import { openModel } from './local-model.ts'
import { RequestError } from './request-error.ts'

// node engine.ts model.gguf: a real model behind the OpenAI API, on a free port that it prints. A program of its own,
// so that a crash in native code cannot take the tests with it.

const [modelPath] = process.argv.slice(2)
if (!modelPath) throw new Error('Usage: node engine.ts <model.gguf>')
const model = await openModel(modelPath)

const listedModel = { id: model.name, object: 'model', created: 0, owned_by: 'reprise' }

const server = createServer((request, response) => {
  answer(request, response).catch((error) => sendError(response, error))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The engine has no port.')
  console.log(JSON.stringify({ url: `http://127.0.0.1:${address.port}/v1`, model: model.name }))
})
// Started by a test, the engine does not outlive it.
process.on('disconnect', () => process.exit())

async function answer(request: IncomingMessage, response: ServerResponse) {
  switch (`${request.method} ${request.url}`) {
    case 'GET /v1/models':
      return sendJson(response, { object: 'list', data: [listedModel] })
    case 'POST /v1/chat/completions':
      return answerChat(await readBody<ChatRequest>(request), response)
    case 'POST /v1/embeddings':
      return sendJson(response, await answerEmbeddings(await readBody<EmbeddingsRequest>(request)))
    // Not of the OpenAI API: how each generation so far has ended, the aborted ones too.
    case 'GET /generations':
      return sendJson(response, model.finished)
    default:
      throw new RequestError(404, `Invalid URL (${request.method} ${request.url})`)
  }
}

async function answerChat(request: ChatRequest, response: ServerResponse) {
  const completion = await startCompletion(model, request)
  if (!request.stream) {
    const collected = await collectCompletion(completion, () => !response.destroyed)
    return collected && sendJson(response, collected)
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  const chunks = streamCompletion(completion, request.stream_options?.include_usage ?? false)
  // When the client goes, `pipeline` closes the generators all the way down to the model.
  await pipeline(Readable.from(toServerSentEvents(chunks)), response)
}

async function* toServerSentEvents(chunks: AsyncIterable<object>) {
  for await (const chunk of chunks) yield `data: ${JSON.stringify(chunk)}\n\n`
  yield 'data: [DONE]\n\n'
}

type EmbeddingsRequest = { input: string | string[]; encoding_format?: 'float' | 'base64' }

async function answerEmbeddings({ input, encoding_format: format }: EmbeddingsRequest) {
  const data: object[] = []
  let tokens = 0
  for (const text of [input].flat()) {
    if (text === '') throw new RequestError(400, "'$.input' is invalid: it cannot be an empty string.")
    const embedded = await model.embed(text)
    tokens += embedded.tokens
    const bytes = Buffer.from(Float32Array.from(embedded.vector).buffer)
    const embedding = format === 'base64' ? bytes.toString('base64') : embedded.vector
    data.push({ object: 'embedding', index: data.length, embedding })
  }
  return { object: 'list', data, model: model.name, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

async function readBody<Body extends object>(request: IncomingMessage) {
  const body = await (json(request) as Promise<Body & { model?: string }>).catch(() => {
    throw new RequestError(400, 'We could not parse the JSON body of your request.')
  })
  if (body.model !== model.name) {
    throw new RequestError(404, `The model '${body.model}' does not exist.`, 'model_not_found')
  }
  return body
}

function sendJson(response: ServerResponse, body: object, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sendError(response: ServerResponse, error: Error) {
  const known = error instanceof RequestError
  if (response.destroyed || response.headersSent) return response.destroy()
  if (!known) console.error(error)
  const { status, code } = known ? error : { status: 500, code: null }
  const type = known ? 'invalid_request_error' : 'server_error'
  sendJson(response, { error: { message: error.message, type, param: null, code } }, status)
}
