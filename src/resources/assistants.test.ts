import { expect, test } from 'vitest'
import { openResources, parsed, project, uploadFile, waitingJobs } from '../../test/support/open-resources.ts'

test('an assistant of only a model has every default', async () => {
  await using opened = await openResources()
  const assistant = await parsed(opened.assistants.create(project, { model: 'gpt-4o' }))
  expect(assistant).toEqual({
    id: expect.stringMatching(/^asst_[A-Za-z0-9]{24}$/),
    object: 'assistant',
    created_at: opened.clock.now,
    name: null,
    description: null,
    model: 'gpt-4o',
    instructions: null,
    tools: [],
    top_p: 1,
    temperature: 1,
    reasoning_effort: null,
    tool_resources: {},
    metadata: {},
    response_format: 'auto',
  })
  expect(await parsed(opened.assistants.get(project, assistant.id))).toEqual(assistant)
})

test('keeps everything that it is given', async () => {
  await using opened = await openResources()
  const given = {
    model: 'gpt-4o',
    name: 'Ada',
    description: 'Counts',
    instructions: 'Count.',
    reasoning_effort: 'low' as const,
    temperature: 0,
    top_p: 0.5,
    metadata: { team: 'blue' },
    response_format: { type: 'json_schema' as const, json_schema: { name: 'answer', schema: { type: 'object' } } },
  }
  expect(await parsed(opened.assistants.create(project, given))).toMatchObject(given)
})

test('null means the default', async () => {
  await using opened = await openResources()
  const { assistants } = opened
  const nulls = {
    name: null,
    description: null,
    instructions: null,
    reasoning_effort: null,
    temperature: null,
    top_p: null,
    metadata: null,
    response_format: null,
    tool_resources: null,
  }
  const defaults = { ...nulls, temperature: 1, top_p: 1, metadata: {}, response_format: 'auto', tool_resources: {} }
  const fresh = await parsed(assistants.create(project, { model: 'gpt-4o', ...nulls }))
  expect(fresh).toMatchObject(defaults)
  const full = await parsed(
    assistants.modify(project, fresh.id, {
      name: 'Ada',
      description: 'Counts',
      instructions: 'Count.',
      reasoning_effort: 'low',
      temperature: 0,
      top_p: 0,
      metadata: { team: 'blue' },
      response_format: { type: 'text' },
    }),
  )
  expect(full).toMatchObject({ name: 'Ada', temperature: 0, top_p: 0, response_format: { type: 'text' } })
  expect(await parsed(assistants.modify(project, fresh.id, nulls))).toEqual(fresh)
})

test('a change keeps what it leaves out and replaces what it names', async () => {
  await using opened = await openResources()
  const { assistants } = opened
  const before = await parsed(
    assistants.create(project, {
      model: 'gpt-4o',
      name: 'Ada',
      tools: [{ type: 'function', function: { name: 'one' } }],
      metadata: { team: 'blue', step: '1' },
    }),
  )
  const after = await parsed(assistants.modify(project, before.id, { metadata: { step: '2' } }))
  expect(after).toEqual({ ...before, metadata: { step: '2' } })
  expect(await parsed(assistants.modify(project, before.id, {}))).toEqual(after)
  expect(await parsed(assistants.modify(project, before.id, { model: 'gpt-5', tools: [] }))).toEqual({
    ...after,
    model: 'gpt-5',
    tools: [],
  })
})

test('a tool that is on shows its list, and keeps it when it is off again', async () => {
  await using opened = await openResources()
  const { assistants } = opened
  const file_id = await uploadFile(opened)
  const { id, tool_resources } = await parsed(
    assistants.create(project, { model: 'gpt-4o', tools: [{ type: 'code_interpreter' }, { type: 'file_search' }] }),
  )
  expect(tool_resources).toEqual({ code_interpreter: { file_ids: [] }, file_search: { vector_store_ids: [] } })
  const given = { tool_resources: { code_interpreter: { file_ids: [file_id] } }, tools: [] }
  expect(await parsed(assistants.modify(project, id, given))).toMatchObject({
    tools: [],
    tool_resources: { code_interpreter: { file_ids: [file_id] }, file_search: { vector_store_ids: [] } },
  })
})

test('a change to one list of tool resources leaves the other', async () => {
  await using opened = await openResources()
  const { assistants } = opened
  const file_id = await uploadFile(opened)
  const { id } = await parsed(
    assistants.create(project, {
      model: 'gpt-4o',
      tool_resources: { code_interpreter: { file_ids: [file_id] } },
    }),
  )
  const changed = await parsed(
    assistants.modify(project, id, { tool_resources: { file_search: { vector_store_ids: [] } } }),
  )
  expect(changed.tool_resources).toEqual({
    code_interpreter: { file_ids: [file_id] },
    file_search: { vector_store_ids: [] },
  })
  const emptied = await parsed(
    assistants.modify(project, id, { tool_resources: { code_interpreter: { file_ids: [] } } }),
  )
  expect(emptied.tool_resources.code_interpreter).toEqual({ file_ids: [] })
  expect((await parsed(assistants.modify(project, id, { tool_resources: null }))).tool_resources).toEqual({})
})

test('files, stores and models that do not exist are refused, and nothing is kept', async () => {
  await using opened = await openResources()
  const { assistants } = opened
  const model = 'gpt-4o'
  const missingFile = { code_interpreter: { file_ids: ['file-missing'] } }
  await expect(assistants.create(project, { model, tool_resources: missingFile })).rejects.toMatchObject({
    status: 404,
    message: 'No such File object: file-missing',
  })
  const missingStore = { file_search: { vector_store_ids: ['vs_missing'] } }
  await expect(assistants.create(project, { model, tool_resources: missingStore })).rejects.toMatchObject({
    status: 404,
    message: "No vector store found with id 'vs_missing'.",
  })
  await expect(assistants.create(project, { model: 'no-such-model' })).rejects.toMatchObject({
    status: 400,
    message: "The requested model 'no-such-model' cannot be used with the Assistants API.",
    param: 'model',
    code: 'unsupported_model',
  })
  expect(await parsed(assistants.list(project, { limit: 20, order: 'desc' }))).toMatchObject({ data: [] })
  const { id } = await parsed(assistants.create(project, { model }))
  await expect(assistants.modify(project, id, { model: 'no-such-model' })).rejects.toMatchObject({ status: 400 })
})

test('lists in both orders with cursors, and says when a cursor is of nowhere', async () => {
  await using opened = await openResources()
  const { assistants } = opened
  for (const name of ['a', 'b', 'c']) await assistants.create(project, { model: 'gpt-4o', name })
  const names = async (query: Parameters<typeof assistants.list>[1]) =>
    (await parsed(assistants.list(project, query))).data.map((assistant: { name: string }) => assistant.name)
  expect(await names({ limit: 20, order: 'desc' })).toEqual(['c', 'b', 'a'])
  const first = await parsed(assistants.list(project, { limit: 2, order: 'asc' }))
  expect(first).toMatchObject({ has_more: true, first_id: first.data[0].id, last_id: first.data[1].id })
  expect(await names({ limit: 2, order: 'asc', after: first.last_id })).toEqual(['c'])
  await expect(assistants.list(project, { limit: 2, order: 'asc', after: 'asst_x' })).rejects.toMatchObject({
    status: 400,
    param: 'after',
  })
})

test('a deleted assistant is gone, and other projects never had it', async () => {
  await using opened = await openResources()
  const { assistants } = opened
  const { id } = await parsed(assistants.create(project, { model: 'gpt-4o' }))
  const missing = { status: 404, message: `No assistant found with id '${id}'.` }
  await expect(assistants.get('other', id)).rejects.toMatchObject(missing)
  await expect(assistants.modify('other', id, {})).rejects.toMatchObject(missing)
  await expect(assistants.remove('other', id)).rejects.toMatchObject(missing)
  expect(await parsed(assistants.remove(project, id))).toEqual({ id, object: 'assistant.deleted', deleted: true })
  await expect(assistants.get(project, id)).rejects.toMatchObject(missing)
  await expect(assistants.modify(project, id, {})).rejects.toMatchObject(missing)
  await expect(assistants.remove(project, id)).rejects.toMatchObject(missing)
})

test('a store is made along with it, and lives until it is deleted', async () => {
  await using opened = await openResources()
  const { assistants, vectorStores } = opened
  const file_id = await uploadFile(opened)
  const chunking_strategy = {
    type: 'static' as const,
    static: { max_chunk_size_tokens: 200, chunk_overlap_tokens: 50 },
  }
  const made = { file_ids: [file_id], chunking_strategy, metadata: { made: 'by the way' } }
  const { tool_resources } = await parsed(
    assistants.create(project, { model: 'gpt-4o', tool_resources: { file_search: { vector_stores: [made] } } }),
  )
  expect(tool_resources).toEqual({ file_search: { vector_store_ids: [expect.stringMatching(/^vs_/)] } })
  const [id] = tool_resources.file_search.vector_store_ids
  expect(await parsed(vectorStores.get(project, id))).toMatchObject({
    name: '',
    status: 'in_progress',
    file_counts: { in_progress: 1, total: 1 },
    expires_after: null,
    expires_at: null,
    metadata: { made: 'by the way' },
  })
  expect(await parsed(opened.vectorStoreFiles.get(project, id, file_id))).toMatchObject({ chunking_strategy })
  expect(await waitingJobs(opened)).toEqual([`${id}/${file_id}`])
})

test('no store is made when something else is refused', async () => {
  await using opened = await openResources()
  const tool_resources = {
    code_interpreter: { file_ids: ['file-missing'] },
    file_search: { vector_stores: [{ file_ids: [await uploadFile(opened)] }] },
  }
  await expect(opened.assistants.create(project, { model: 'gpt-4o', tool_resources })).rejects.toMatchObject({
    status: 404,
  })
  expect((await parsed(opened.vectorStores.list(project, { limit: 20, order: 'desc' }))).data).toEqual([])
  expect(await waitingJobs(opened)).toEqual([])
})
