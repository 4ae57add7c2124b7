import { describe, expect, test } from 'vitest'
import { clientMajors } from './clients.ts'
import { openConversation, openScene, weatherTools } from './scene.ts'

describe.each(clientMajors)('$name', (major) => {
  test('assistants: create, retrieve, update, list, delete', async () => {
    await using scene = await openScene(major)
    const { assistants } = scene.client.beta
    const created = await assistants.create({
      model: 'gpt-4o',
      name: 'Forecaster',
      instructions: 'Answer briefly.',
      tools: weatherTools,
      metadata: { team: 'weather' },
      temperature: 0.5,
      response_format: { type: 'text' },
    })
    expect(created).toMatchObject({
      object: 'assistant',
      model: 'gpt-4o',
      name: 'Forecaster',
      description: null,
      metadata: { team: 'weather' },
      temperature: 0.5,
      top_p: 1,
      response_format: { type: 'text' },
    })
    expect(created.tools[1]).toEqual({
      type: 'function',
      function: { name: 'get_time', parameters: { type: 'object', properties: {} }, strict: false },
    })
    expect(created._request_id).toMatch(/^req_/)
    expect(await assistants.retrieve(created.id)).toEqual(created)

    const updated = await assistants.update(created.id, { name: 'Oracle', metadata: { team: 'future' }, tools: [] })
    expect(updated).toEqual({ ...created, name: 'Oracle', metadata: { team: 'future' }, tools: [] })
    expect((await assistants.list()).data).toEqual([updated])

    expect(await assistants.delete(created.id)).toEqual({
      id: created.id,
      object: 'assistant.deleted',
      deleted: true,
    })
    await expect(assistants.retrieve(created.id)).rejects.toBeInstanceOf(major.errors.NotFoundError)
  })

  test('threads: create, retrieve, update, delete', async () => {
    await using scene = await openScene(major)
    const { threads } = scene.client.beta
    const empty = await threads.create()
    expect(empty).toMatchObject({ object: 'thread', metadata: {}, tool_resources: {} })
    const created = await threads.create({
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi, how can I help?' },
      ],
      metadata: { user: '7' },
    })
    expect(await threads.retrieve(created.id)).toEqual(created)
    const updated = await threads.update(created.id, { metadata: { user: '8' } })
    expect(updated).toEqual({ ...created, metadata: { user: '8' } })
    expect(await threads.delete(created.id)).toEqual({ id: created.id, object: 'thread.deleted', deleted: true })
    await expect(threads.retrieve(created.id)).rejects.toBeInstanceOf(major.errors.NotFoundError)
  })

  test('messages: create, retrieve, update, list, delete', async () => {
    await using scene = await openScene(major)
    const { client } = scene
    const { messages } = client.beta.threads
    const { id: thread_id } = await client.beta.threads.create()
    const first = await messages.create(thread_id, { role: 'user', content: 'Hello', metadata: { n: '1' } })
    expect(first).toMatchObject({
      object: 'thread.message',
      thread_id,
      role: 'user',
      status: 'completed',
      assistant_id: null,
      run_id: null,
      content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
      attachments: [],
      metadata: { n: '1' },
    })
    const image_url = { url: 'https://example.org/cat.png', detail: 'low' as const }
    const second = await messages.create(thread_id, {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url },
      ],
    })
    expect(second.content[1]).toEqual({ type: 'image_url', image_url })
    expect(await messages.retrieve(second.id, { thread_id })).toEqual(second)
    const updated = await messages.update(first.id, { thread_id, metadata: { n: '2' } })
    expect(updated).toEqual({ ...first, metadata: { n: '2' } })
    expect((await messages.list(thread_id)).data).toEqual([second, updated])
    expect(await messages.delete(first.id, { thread_id })).toEqual({
      id: first.id,
      object: 'thread.message.deleted',
      deleted: true,
    })
    expect((await messages.list(thread_id)).data).toEqual([second])
  })

  test('an attachment joins the resources of its thread', async () => {
    await using scene = await openScene(major)
    const { client } = scene
    const file = await client.files.create({
      file: await major.toFile(Buffer.from('a,b\n1,2\n'), 'table.csv'),
      purpose: 'assistants',
    })
    const { thread_id } = await openConversation(client)
    const attachments = [{ file_id: file.id, tools: [{ type: 'code_interpreter' as const }] }]
    const message = await client.beta.threads.messages.create(thread_id, {
      role: 'user',
      content: 'Look at this table.',
      attachments,
    })
    expect(message.attachments).toEqual(attachments)
    const thread = await client.beta.threads.retrieve(thread_id)
    expect(thread.tool_resources?.code_interpreter?.file_ids).toEqual([file.id])
  })

  test('models: list, retrieve, and one that is not there', async () => {
    await using scene = await openScene(major)
    const { models } = scene.client
    const listed: string[] = []
    for await (const model of models.list()) listed.push(model.id)
    expect(listed).toEqual(['gpt-4o'])
    expect(await models.retrieve('gpt-4o')).toMatchObject({ id: 'gpt-4o', object: 'model' })
    const error = await models.retrieve('gpt-99').catch((error: unknown) => error)
    expect(error).toBeInstanceOf(major.errors.NotFoundError)
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
    await expect(models.delete('gpt-4o')).rejects.toBeInstanceOf(major.errors.NotFoundError)
  })
})
