import { describe, expect, test } from 'vitest'
import { startUpstream, type UpstreamReply } from '../support/loopback-upstream.ts'
import { type ClientMajor, clientMajors } from './clients.ts'
import { openScene } from './scene.ts'

const messages = [{ role: 'user' as const, content: 'Grüezi!' }]

describe.each(clientMajors)('$name', (major) => {
  test('chat completions, whole and streamed', async () => {
    const completion = {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-4o',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hoi!', refusal: null } }],
    }
    await using scene = await openPassThrough(major, [
      { status: 200, body: completion },
      { stream: 'openai-text.sse', pieces: 100 },
    ])
    const { completions } = scene.client.chat
    expect(await completions.create({ model: 'gpt-4o', messages })).toMatchObject(completion)
    let said = ''
    for await (const chunk of await completions.create({ model: 'gpt-4o', messages, stream: true })) {
      said += chunk.choices[0]?.delta.content ?? ''
    }
    expect(said).toMatch(/^Grü/)
    const [request] = scene.upstream.requests
    expect(request).toMatchObject({ path: '/v1/chat/completions', headers: { authorization: 'Bearer sk-upstream' } })
    expect(JSON.parse(request?.body ?? '')).toEqual({ model: 'gpt-4o', messages })
  })

  test('embeddings', async () => {
    const body = {
      object: 'list',
      model: 'tiny',
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }],
      usage: { prompt_tokens: 2, total_tokens: 2 },
    }
    await using scene = await openPassThrough(major, [{ status: 200, body }])
    const reply = await scene.client.embeddings.create({ model: 'tiny', input: 'Hi', encoding_format: 'float' })
    expect(reply.data[0]?.embedding).toEqual([0.5, -0.25])
    expect(scene.upstream.requests[0]?.path).toBe('/v1/embeddings')
  })

  test("the upstream's errors stay what they are", async () => {
    const error = {
      message: 'too many tokens',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length',
    }
    await using scene = await openPassThrough(major, [{ status: 400, body: { error } }])
    const refused = scene.client.chat.completions.create({ model: 'gpt-4o', messages })
    await expect(refused).rejects.toMatchObject({ ...error, message: '400 too many tokens' })
    await expect(refused).rejects.toBeInstanceOf(major.errors.BadRequestError)
  })
})

async function openPassThrough(major: ClientMajor, replies: UpstreamReply[]) {
  const upstream = await startUpstream(...replies)
  const scene = await openScene(major, [], {
    REPRISE_UPSTREAM_URL: upstream.url,
    REPRISE_UPSTREAM_KEY: 'sk-upstream',
  })
  return {
    client: scene.client,
    upstream,
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}
