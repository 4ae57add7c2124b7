import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  endIngestion,
  openResources,
  parsed,
  project,
  startRun,
  uploadFile,
  waitingJobs,
} from '../../test/support/open-resources.ts'
import type { CreateMessageRequest } from '../api/message.ts'

const page = { limit: 20, order: 'desc' as const }
let opened: Awaited<ReturnType<typeof openResources>>
let thread_id: string

beforeEach(async () => {
  opened = await openResources()
  onTestFinished(() => opened[Symbol.asyncDispose]())
  thread_id = (await parsed(opened.threads.create(project, {}))).id
})

function create(request: Partial<CreateMessageRequest>) {
  return parsed(opened.messages.create(project, thread_id, { role: 'user', content: 'hello', ...request }))
}

async function codeFiles(): Promise<string[] | undefined> {
  return (await parsed(opened.threads.get(project, thread_id))).tool_resources.code_interpreter?.file_ids
}

async function threadStore(): Promise<string> {
  const { tool_resources } = await parsed(opened.threads.get(project, thread_id))
  return tool_resources.file_search.vector_store_ids.join()
}

test.each(['user', 'assistant'] as const)('a message by hand in the role of %s', async (role) => {
  const message = await create({ role })
  expect(message).toEqual({
    id: expect.stringMatching(/^msg_[A-Za-z0-9]{24}$/),
    object: 'thread.message',
    created_at: opened.clock.now,
    assistant_id: null,
    thread_id,
    run_id: null,
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: opened.clock.now,
    role,
    content: [{ type: 'text', text: { value: 'hello', annotations: [] } }],
    attachments: [],
    metadata: {},
  })
  expect(await parsed(opened.messages.get(project, thread_id, message.id))).toEqual(message)
})

test('parts keep their order, and images get their detail', async () => {
  const file_id = await uploadFile(opened, { filename: 'plot.PNG', purpose: 'vision' })
  const { content } = await create({
    content: [
      { type: 'text', text: 'look' },
      { type: 'image_file', image_file: { file_id } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.webp?size=2#top' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
    ],
  })
  expect(content).toEqual([
    { type: 'text', text: { value: 'look', annotations: [] } },
    { type: 'image_file', image_file: { file_id, detail: 'auto' } },
    { type: 'image_url', image_url: { url: 'https://example.com/a.webp?size=2#top', detail: 'auto' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
  ])
})

describe('refuses an image', () => {
  test.each([
    ['https://example.com/a.pdf', 'a supported format: .jpeg, .jpg, .png, .gif, .webp but got .pdf.'],
    ['https://example.com/image', 'a supported format: .jpeg, .jpg, .png, .gif, .webp but got none.'],
    ['ftp://example.com/a.png', 'an http or https URL'],
    ['file:///etc/a.png', 'an http or https URL'],
    ['a.png', 'an http or https URL'],
    ['data:text/html;base64,AAAA', 'an http or https URL'],
  ])('at %s', async (url, reason) => {
    const param = 'content[0].image_url.url'
    await expect(create({ content: [{ type: 'image_url', image_url: { url } }] })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`Invalid '${param}'. Expected`),
      param,
      code: 'invalid_value',
    })
    await expect(create({ content: [{ type: 'image_url', image_url: { url } }] })).rejects.toThrow(reason)
  })

  test.each([
    ['notes.pdf', '.pdf'],
    ['notes', 'none'],
  ])('in the file %s', async (filename, got) => {
    const file_id = await uploadFile(opened, { filename })
    await expect(create({ content: [{ type: 'image_file', image_file: { file_id } }] })).rejects.toMatchObject({
      status: 400,
      message: `Invalid message content: Expected file type to be a supported format: .jpeg, .jpg, .png, .gif, .webp but got ${got}.`,
    })
  })

  test('in a file that does not exist', async () => {
    const content = [{ type: 'image_file' as const, image_file: { file_id: 'file-missing' } }]
    await expect(create({ content })).rejects.toMatchObject({
      status: 404,
      message: 'No such File object: file-missing',
    })
  })
})

describe('attachments', () => {
  const code = [{ type: 'code_interpreter' as const }]

  test('are shown as they were sent, and their files reach the thread once', async () => {
    const [one, two] = [await uploadFile(opened), await uploadFile(opened)]
    const attachments = [
      { file_id: one, tools: code },
      { file_id: two, tools: code },
      { file_id: one, tools: code },
    ]
    expect((await create({ attachments })).attachments).toEqual(attachments)
    expect(await codeFiles()).toEqual([one, two])
    await create({ attachments: [{ file_id: two, tools: code }] })
    expect(await codeFiles()).toEqual([one, two])
  })

  test('stay with the thread when the message goes', async () => {
    const file_id = await uploadFile(opened)
    const { id } = await create({ attachments: [{ file_id, tools: code }] })
    await opened.messages.remove(project, thread_id, id)
    expect(await codeFiles()).toEqual([file_id])
  })

  test('fill the list of a thread up to 20 files', async () => {
    for (let count = 0; count < 20; count++) {
      await create({ attachments: [{ file_id: await uploadFile(opened), tools: code }] })
    }
    const oneMore = [{ file_id: await uploadFile(opened), tools: code }]
    await expect(create({ attachments: oneMore })).rejects.toMatchObject({
      status: 400,
      code: 'array_above_max_length',
    })
    expect(await codeFiles()).toHaveLength(20)
    expect((await parsed(opened.messages.list(project, thread_id, page))).data).toHaveLength(20)
  })

  test('need a file that exists, and tools', async () => {
    await expect(create({ attachments: [{ file_id: 'file-missing', tools: code }] })).rejects.toMatchObject({
      status: 404,
      message: 'No such File object: file-missing',
    })
    await expect(create({ attachments: [{ tools: code }] })).rejects.toMatchObject({
      status: 400,
      message: "Missing required parameter: 'attachments[0].file_id'.",
      code: 'missing_required_parameter',
    })
    await expect(create({ attachments: [{ file_id: await uploadFile(opened) }] })).rejects.toMatchObject({
      status: 400,
      param: 'attachments[0].tools',
    })
  })

  test('for file search make a store of the thread, that lives for a week without use', async () => {
    const file_id = await uploadFile(opened)
    const attachments = [
      { file_id, tools: [{ type: 'file_search' as const }] },
      { file_id, tools: code },
    ]
    expect((await create({ attachments })).attachments).toEqual(attachments)
    expect(await codeFiles()).toEqual([file_id])
    const id = await threadStore()
    expect(await parsed(opened.vectorStores.get(project, id))).toMatchObject({
      status: 'in_progress',
      file_counts: { in_progress: 1, total: 1 },
      expires_after: { anchor: 'last_active_at', days: 7 },
      expires_at: opened.clock.now + 7 * 86_400,
    })
    expect(await waitingJobs(opened)).toEqual([`${id}/${file_id}`])
  })

  test('for file search go to the store that the thread has, each once', async () => {
    const [one, two] = [await uploadFile(opened), await uploadFile(opened)]
    const forSearch = (file_id: string) => ({ attachments: [{ file_id, tools: [{ type: 'file_search' as const }] }] })
    await create(forSearch(one))
    const id = await threadStore()
    await endIngestion(opened, { vector_store_id: id, file_id: one })
    await create(forSearch(two))
    await create(forSearch(one))
    expect(await threadStore()).toBe(id)
    expect(await parsed(opened.vectorStores.get(project, id))).toMatchObject({
      file_counts: { in_progress: 1, completed: 1, total: 2 },
    })
  })

  test('for file search start anew when the store of the thread was deleted, and are refused when it has expired', async () => {
    const forSearch = async () => ({
      attachments: [{ file_id: await uploadFile(opened), tools: [{ type: 'file_search' as const }] }],
    })
    await create(await forSearch())
    const first = await threadStore()
    await opened.vectorStores.remove(project, first)
    await create(await forSearch())
    const second = await threadStore()
    expect(second).not.toBe(first)
    opened.clock.now += 7 * 86_400
    expect(await opened.vectorStores.expire(project, second)).toBe(true)
    await expect(create(await forSearch())).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`Vector store ${second} has expired.`),
    })
  })

  test('of null are none', async () => {
    expect(await create({ attachments: null, metadata: null })).toMatchObject({ attachments: [], metadata: {} })
  })
})

test.each(['user', 'assistant'] as const)('adds no message of role %s while a run is active', async (role) => {
  const run_id = await startRun(opened, thread_id)
  await expect(create({ role })).rejects.toMatchObject({
    status: 400,
    message: `Can't add messages to ${thread_id} while a run ${run_id} is active.`,
    param: null,
    code: null,
  })
  expect((await parsed(opened.messages.list(project, thread_id, page))).data).toEqual([])
})

test('metadata can change and a message can go while a run is active', async () => {
  const message = await create({ metadata: { a: '1', b: '2' } })
  const { id } = message
  await startRun(opened, thread_id)
  const changed = await parsed(opened.messages.modify(project, thread_id, id, { metadata: { b: '3' } }))
  expect(changed).toEqual({ ...message, metadata: { b: '3' } })
  expect(await parsed(opened.messages.modify(project, thread_id, id, {}))).toEqual(changed)
  expect(await parsed(opened.messages.get(project, thread_id, id))).toEqual(changed)
  expect(await parsed(opened.messages.remove(project, thread_id, id))).toEqual({
    id,
    object: 'thread.message.deleted',
    deleted: true,
  })
  await expect(opened.messages.get(project, thread_id, id)).rejects.toMatchObject({ status: 404 })
})

test('lists messages of one second in the order they came, both ways, page by page', async () => {
  const ids: string[] = []
  for (const content of ['one', 'two', 'three']) ids.push((await create({ content })).id)
  const listed = async (query: Partial<typeof page> & { after?: string; before?: string }) => {
    const { data } = await parsed(opened.messages.list(project, thread_id, { ...page, ...query }))
    return data.map((message: { id: string }) => message.id)
  }
  expect(await listed({})).toEqual(ids.toReversed())
  const walked: string[] = []
  let after: string | undefined
  do {
    const text = await parsed(opened.messages.list(project, thread_id, { limit: 1, order: 'desc', after }))
    walked.push(...text.data.map((message: { id: string }) => message.id))
    after = text.has_more ? text.last_id : undefined
  } while (after !== undefined)
  expect(walked).toEqual(ids.toReversed())
})

test('keeps a list to the messages of one run', async () => {
  await create({})
  const id = 'msg_byrun'
  const body = JSON.stringify({ id })
  const row = { id, thread_id, run_id: 'run_1', citations: null, body }
  await opened.store.transaction(project, (tx) => tx.messages.insert(row))
  expect(await parsed(opened.messages.list(project, thread_id, { ...page, run_id: 'run_1' }))).toMatchObject({
    data: [{ id }],
    has_more: false,
  })
  expect((await parsed(opened.messages.list(project, thread_id, { ...page, run_id: 'run_2' }))).data).toEqual([])
})

test('knows what is missing: the thread, the message or the cursor', async () => {
  const { messages, threads } = opened
  const noThread = { status: 404, message: "No thread found with id 'thread_x'." }
  const noMessage = { status: 404, message: "No message found with id 'msg_x'." }
  const request = { role: 'user' as const, content: 'hello' }
  await expect(messages.create(project, 'thread_x', request)).rejects.toMatchObject(noThread)
  await expect(messages.list(project, 'thread_x', page)).rejects.toMatchObject(noThread)
  await expect(messages.list(project, 'thread_x', { ...page, after: 'msg_x' })).rejects.toMatchObject(noThread)
  await expect(messages.get(project, 'thread_x', 'msg_x')).rejects.toMatchObject(noThread)
  await expect(messages.get(project, thread_id, 'msg_x')).rejects.toMatchObject(noMessage)
  await expect(messages.modify(project, thread_id, 'msg_x', {})).rejects.toMatchObject(noMessage)
  await expect(messages.remove(project, thread_id, 'msg_x')).rejects.toMatchObject(noMessage)
  await expect(messages.list(project, thread_id, { ...page, before: 'msg_x' })).rejects.toMatchObject({
    status: 400,
    param: 'before',
  })
  const { id } = await create({})
  const other = await parsed(threads.create(project, {}))
  await expect(messages.get(project, other.id, id)).rejects.toMatchObject({ status: 404 })
  await expect(messages.remove(project, other.id, id)).rejects.toMatchObject({ status: 404 })
  await expect(messages.create('other', thread_id, request)).rejects.toMatchObject({ status: 404 })
  expect(await parsed(messages.get(project, thread_id, id))).toMatchObject({ id })
})
