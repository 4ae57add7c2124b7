import { z } from '@hono/zod-openapi'
import type { PassThrough } from '../../ports/model.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import { brokenOff } from '../errors.ts'
import { maxJsonBytes, readText } from '../json-body.ts'
import { LightResponse } from '../light-response.ts'

/** Whatever the upstream understands: the body goes there as it is, and its reply comes back as it is. */
const anything = z.record(z.string(), z.unknown())
const anyJson = { contentType: 'application/json', schema: anything }

export function passThroughRoutes(passThrough: PassThrough): Endpoint[] {
  return [
    endpoint({
      operationId: 'createChatCompletion',
      method: 'post',
      path: '/chat/completions',
      tag: 'Chat',
      summary: 'Passed through to the upstream, streams included.',
      rawBody: anyJson,
      response: anything,
      handle: ({ request }) => forward(passThrough, '/chat/completions', request),
    }),
    endpoint({
      operationId: 'createEmbedding',
      method: 'post',
      path: '/embeddings',
      tag: 'Embeddings',
      summary: 'Passed through to the upstream.',
      rawBody: anyJson,
      response: anything,
      handle: ({ request }) => forward(passThrough, '/embeddings', request),
    }),
  ]
}

async function forward(passThrough: PassThrough, path: '/chat/completions' | '/embeddings', request: Request) {
  const body = await readText(request, maxJsonBytes)
  const { headers, signal } = request
  const reply = await passThrough.forward(path, { body, headers, signal }).catch((error: unknown) => {
    throw signal.aborted ? brokenOff(error) : error // a client that leaves is no failure of ours
  })
  return new LightResponse(reply.body, { status: reply.status, headers: endToEnd(reply.headers) })
}

/** What concerns the connection to the upstream, or the bytes as they were before they were decoded, ends here. */
function endToEnd(headers: Headers): Headers {
  const kept = new Headers(headers)
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length']) {
    kept.delete(name)
  }
  return kept
}
