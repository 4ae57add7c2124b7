import { expect, test } from 'vitest'
import { openResources, parsed, project, startRun, uploadFile, waitingJobs } from '../../test/support/open-resources.ts'

const asc = { limit: 20, order: 'asc' as const }

test('an empty thread', async () => {
  await using opened = await openResources()
  const thread = await parsed(opened.threads.create(project, {}))
  expect(thread).toEqual({
    id: expect.stringMatching(/^thread_[A-Za-z0-9]{24}$/),
    object: 'thread',
    created_at: opened.clock.now,
    metadata: {},
    tool_resources: {},
  })
  expect(await parsed(opened.threads.get(project, thread.id))).toEqual(thread)
})

test('starts with its messages, in their order, and with what they attach', async () => {
  await using opened = await openResources()
  const [first, second] = [await uploadFile(opened), await uploadFile(opened)]
  const thread = await parsed(
    opened.threads.create(project, {
      metadata: null,
      tool_resources: { code_interpreter: { file_ids: [first] } },
      messages: [
        { role: 'user', content: 'one', metadata: { n: '1' } },
        { role: 'assistant', content: 'two' },
        {
          role: 'user',
          content: 'three',
          attachments: [{ file_id: second, tools: [{ type: 'code_interpreter' }] }],
        },
      ],
    }),
  )
  expect(thread).toMatchObject({ metadata: {}, tool_resources: { code_interpreter: { file_ids: [first, second] } } })
  const { data } = await parsed(opened.messages.list(project, thread.id, asc))
  expect(data.map((message: { content: [{ text: { value: string } }] }) => message.content[0].text.value)).toEqual([
    'one',
    'two',
    'three',
  ])
  expect(data[0].metadata).toEqual({ n: '1' })
})

test('shows the lists that it was given, and an empty search', async () => {
  await using opened = await openResources()
  const { tool_resources } = await parsed(
    opened.threads.create(project, { tool_resources: { code_interpreter: {}, file_search: { vector_store_ids: [] } } }),
  )
  expect(tool_resources).toEqual({ code_interpreter: { file_ids: [] }, file_search: { vector_store_ids: [] } })
})

test('has one store for what it asks for and what its messages attach', async () => {
  await using opened = await openResources()
  const [asked, first, second] = [await uploadFile(opened), await uploadFile(opened), await uploadFile(opened)]
  const attaching = (file_id: string) => ({
    role: 'user' as const,
    content: 'look',
    attachments: [{ file_id, tools: [{ type: 'file_search' as const }] }],
  })
  const { tool_resources } = await parsed(
    opened.threads.create(project, {
      messages: [attaching(first), attaching(second), attaching(first)],
      tool_resources: { file_search: { vector_stores: [{ file_ids: [asked] }] } },
    }),
  )
  const [id] = tool_resources.file_search.vector_store_ids
  expect(tool_resources).toEqual({ file_search: { vector_store_ids: [expect.stringMatching(/^vs_[0-9a-f]{32}$/)] } })
  expect(await parsed(opened.vectorStores.get(project, id))).toMatchObject({
    file_counts: { in_progress: 3, total: 3 },
    expires_after: { anchor: 'last_active_at', days: 7 },
  })
  expect(await waitingJobs(opened)).toEqual([asked, first, second].map((file_id) => `${id}/${file_id}`))
})

test('shares a store by its id, if there is such a store', async () => {
  await using opened = await openResources()
  const { id: vector_store_id } = await parsed(opened.vectorStores.create(project, {}))
  const file_search = { vector_store_ids: [vector_store_id] }
  const { id } = await parsed(opened.threads.create(project, { tool_resources: { file_search } }))
  expect((await parsed(opened.threads.get(project, id))).tool_resources).toEqual({ file_search })
  const unknown = { file_search: { vector_store_ids: ['vs_missing'] } }
  await expect(opened.threads.modify(project, id, { tool_resources: unknown })).rejects.toMatchObject({
    status: 404,
    message: "No vector store found with id 'vs_missing'.",
  })
})

test('says which message is wrong', async () => {
  await using opened = await openResources()
  const wrong = { type: 'image_url' as const, image_url: { url: 'https://example.com/a.pdf' } }
  const messages = [
    { role: 'user' as const, content: 'fine' },
    { role: 'user' as const, content: [{ type: 'text' as const, text: 'look' }, wrong] },
  ]
  await expect(opened.threads.create(project, { messages })).rejects.toMatchObject({
    status: 400,
    param: 'messages[1].content[1].image_url.url',
  })
})

test('a change keeps what it leaves out', async () => {
  await using opened = await openResources()
  const { threads } = opened
  const file_id = await uploadFile(opened)
  const before = await parsed(threads.create(project, { metadata: { a: '1', b: '2' } }))
  const after = await parsed(threads.modify(project, before.id, { metadata: { b: '3' } }))
  expect(after).toEqual({ ...before, metadata: { b: '3' } })
  const tool_resources = { code_interpreter: { file_ids: [file_id] } }
  expect(await parsed(threads.modify(project, before.id, { tool_resources }))).toEqual({ ...after, tool_resources })
  expect(await parsed(threads.modify(project, before.id, {}))).toEqual({ ...after, tool_resources })
  expect(await parsed(threads.modify(project, before.id, { tool_resources: null, metadata: null }))).toEqual({
    ...before,
    metadata: {},
  })
})

test('a deleted thread takes its messages along', async () => {
  await using opened = await openResources()
  const { threads, messages } = opened
  const { id } = await parsed(threads.create(project, {}))
  const message = await parsed(messages.create(project, id, { role: 'user', content: 'hello' }))
  expect(await parsed(threads.remove(project, id))).toEqual({ id, object: 'thread.deleted', deleted: true })
  const missing = { status: 404, message: `No thread found with id '${id}'.` }
  await expect(threads.get(project, id)).rejects.toMatchObject(missing)
  await expect(threads.modify(project, id, {})).rejects.toMatchObject(missing)
  await expect(threads.remove(project, id)).rejects.toMatchObject(missing)
  await expect(messages.get(project, id, message.id)).rejects.toMatchObject(missing)
  await expect(messages.list(project, id, asc)).rejects.toMatchObject(missing)
  expect(opened.removedRuns).toEqual([])
})

test('tells of the run that a deleted thread took along', async () => {
  await using opened = await openResources()
  const { id } = await parsed(opened.threads.create(project, {}))
  const run_id = await startRun(opened, id)
  await opened.threads.remove(project, id)
  expect(opened.removedRuns).toEqual([run_id])
})
