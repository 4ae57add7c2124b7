import { describe, expect, it } from 'vitest'
import { fromText } from '../../src/api/json.ts'
import type { CreateRunRequest, Run } from '../../src/api/run.ts'
import { type ModelContent, ModelFailure, type ModelMessage } from '../../src/ports/model.ts'
import { FakeModel, type FakeSaying, fakeUsage } from '../support/fake-model.ts'
import {
  collect,
  openApplication,
  project,
  startRun,
  submitOutputs,
  type TestApplication,
} from '../support/open-application.ts'
import { checkStream } from '../support/stream-grammar.ts'

const ask = { type: 'function' as const, function: { name: 'ask' } }

/** Plays a run whose calls are all answered, and answers how it ended. */
async function play(application: TestApplication, request: Partial<CreateRunRequest> = {}): Promise<Run> {
  const { id, thread, told } = await startRun(application, request)
  let { run } = checkStream(await told)
  while (run.status === 'requires_action') run = checkStream(await submitOutputs(application, thread.id, id)).run
  return run
}

function spending(prompt: number, completion: number): FakeSaying {
  return { type: 'usage', usage: fakeUsage(prompt, completion) }
}

function user(text: string): ModelMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}

describe('what a run asks of its model', () => {
  it('is what the assistant says', async () => {
    const model = new FakeModel(['Hello'])
    await using application = await openApplication(model)
    const { assistants, threads, runs } = application.services()
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'answer', schema: { type: 'object' } },
    }
    const parameters = { type: 'object', properties: { city: { type: 'string' } } }
    const weather = { name: 'weather', description: 'Of a city', parameters, strict: true }
    const assistant = fromText(
      await assistants.create(project, {
        model: 'gpt-4o',
        instructions: 'Be brief.',
        tools: [{ type: 'function', function: weather }],
        response_format,
        reasoning_effort: 'low',
        temperature: 0.5,
        top_p: 0.25,
      }),
    )
    const thread = fromText(await threads.create(project, { messages: [{ role: 'user', content: 'Hi' }] }))
    await collect(await runs.create(project, thread.id, { assistant_id: assistant.id, stream: true }))
    expect(model.requests).toEqual([
      {
        model: 'gpt-4o',
        messages: [{ role: 'system', text: 'Be brief.' }, user('Hi')],
        tools: [weather],
        tool_choice: 'auto',
        parallel_tool_calls: true,
        response_format,
        reasoning_effort: 'low',
        temperature: 0.5,
        top_p: 0.25,
        max_completion_tokens: null,
        thread_id: thread.id,
      },
    ])
  })

  it('is what the run says in its place', async () => {
    const model = new FakeModel(['Hello'])
    await using application = await openApplication(model)
    const look = { type: 'function' as const, function: { name: 'look', parameters: {}, strict: false } }
    await play(application, {
      model: 'another',
      instructions: 'Be long.',
      additional_instructions: 'And kind.',
      additional_messages: [
        { role: 'assistant', content: 'Hi yourself' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: 'Two' },
          ],
        },
      ],
      tools: [look],
      response_format: { type: 'json_object' },
      reasoning_effort: 'high',
      temperature: 0,
      top_p: 0,
      parallel_tool_calls: false,
      max_completion_tokens: 512,
    })
    expect(model.requests).toMatchObject([
      {
        model: 'another',
        messages: [
          { role: 'system', text: 'Be long.\n\nAnd kind.' },
          user('Hi'),
          { role: 'assistant', text: 'Hi yourself' },
          { role: 'user', content: [{ text: 'One' }, { text: 'Two' }] },
        ],
        tools: [{ name: 'look' }],
        response_format: { type: 'json_object' },
        reasoning_effort: 'high',
        temperature: 0,
        top_p: 0,
        parallel_tool_calls: false,
        max_completion_tokens: 512,
      },
    ])
  })

  it('does not follow an assistant that is changed or deleted while the run is under way', async () => {
    const model = new FakeModel([{ call: 'ask' }, { call: 'ask' }, 'Done'])
    await using application = await openApplication(model)
    const { assistants } = application.services()
    const { assistant, thread, id, told } = await startRun(application)
    await told
    await assistants.modify(project, assistant.id, { model: 'another', instructions: 'New', tools: [] })
    await submitOutputs(application, thread.id, id)
    await assistants.remove(project, assistant.id)
    expect(checkStream(await submitOutputs(application, thread.id, id)).run.status).toBe('completed')
    const asked = model.requests.map(({ messages, ...rest }) => ({ ...rest, first: messages[0] }))
    expect(asked).toEqual([asked[0], asked[0], asked[0]])
  })

  it('can be about nothing: upstreams want a message all the same', async () => {
    const model = new FakeModel(['Hello', 'Hello'])
    await using application = await openApplication(model)
    const { assistants, threads, runs } = application.services()
    const assistant = fromText(await assistants.create(project, { model: 'any' }))
    const thread = fromText(await threads.create(project, {}))
    for (const instructions of [null, 'Say hello.']) {
      const started = await runs.create(project, thread.id, { assistant_id: assistant.id, instructions, stream: true })
      expect(checkStream(await collect(started)).run.status).toBe('completed')
      const { items } = await application.stored
        .read(project)
        .messages.list({ thread_id: thread.id }, { limit: 1, order: 'desc' })
      await application.services().messages.remove(project, thread.id, items[0]?.id ?? '')
    }
    expect(model.requests.map(({ messages }) => messages)).toEqual([
      [user('')],
      [{ role: 'system', text: 'Say hello.' }],
    ])
  })

  it('holds images: files as their bytes, addresses as they are, and a note in the place of a deleted file', async () => {
    const model = new FakeModel(['Nice', 'Nice'])
    await using application = await openApplication(model)
    const { files } = application.services()
    async function* bytes() {
      yield Buffer.from('picture')
    }
    const settings = async () => ({ purpose: 'vision' as const, expires_after: null })
    const file = fromText(await files.create(project, { filename: 'a.PNG', data: bytes(), settings }))
    const content = [
      { type: 'text' as const, text: 'Look' },
      { type: 'image_file' as const, image_file: { file_id: file.id, detail: 'low' as const } },
      { type: 'image_url' as const, image_url: { url: 'https://example.com/b.jpg' } },
    ]
    const { thread, assistant, told } = await startRun(application, {
      additional_messages: [{ role: 'user', content }],
    })
    await told
    const address = { type: 'image', url: 'https://example.com/b.jpg', detail: 'auto' }
    expect(sentContent(model, 0)).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'image', url: `data:image/png;base64,${Buffer.from('picture').toString('base64')}`, detail: 'low' },
      address,
    ])
    await files.remove(project, file.id)
    const { runs } = application.services()
    await collect(await runs.create(project, thread.id, { assistant_id: assistant.id, stream: true }))
    expect(sentContent(model, 1)).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'text', text: '[An image was here; its file has been deleted.]' },
      address,
    ])
  })
})

/** What the request with that number holds as the user's last message. */
function sentContent(model: FakeModel, at: number): readonly ModelContent[] {
  const spoken = model.requests[at]?.messages.findLast((message) => message.role === 'user')
  return spoken?.role === 'user' ? spoken.content : expect.fail('no user has spoken')
}

describe('tool choice', () => {
  const cases: [NonNullable<CreateRunRequest['tool_choice']>, unknown[]][] = [
    ['required', ['required', 'auto']],
    ['auto', ['auto', 'auto']],
    [ask, [{ function: 'ask' }, 'auto']],
  ]

  it.each(cases)('%j is for the first turn, or the run would never end', async (tool_choice, asked) => {
    const model = new FakeModel([{ call: 'ask' }, 'Done'])
    await using application = await openApplication(model)
    expect((await play(application, { tool_choice })).status).toBe('completed')
    expect(model.requests.map((request) => request.tool_choice)).toEqual(asked)
    expect(model.requests.map((request) => request.tools.length)).toEqual([1, 1])
  })

  it('none offers no tool', async () => {
    const model = new FakeModel(['Hello'])
    await using application = await openApplication(model)
    await play(application, { tool_choice: 'none' })
    expect(model.requests[0]).toMatchObject({ tool_choice: 'none', tools: [] })
  })

  it('without parallel calls takes one call a turn, whatever the upstream sends', async () => {
    const model = new FakeModel([
      [
        { call: 'ask', arguments: { n: 1 } },
        { call: 'ask', arguments: { n: 2 } },
      ],
      [
        { call: 'ask', arguments: { n: 3 } },
        { call: 'ask', arguments: { n: 4 } },
      ],
      'Done',
    ])
    await using application = await openApplication(model)
    const { id } = await play(application, { parallel_tool_calls: false })
    const steps = await application.stored.read(project).steps.ofRun(id)
    const calls = steps.map((row) => fromText(row.body).step_details)
    expect(calls).toMatchObject([
      { tool_calls: [{ function: { arguments: '{"n":1}' } }] },
      { tool_calls: [{ function: { arguments: '{"n":3}' } }] },
      { type: 'message_creation' },
    ])
    expect(model.requests.map((request) => request.parallel_tool_calls)).toEqual([false, false, false])
  })
})

describe('token budgets', () => {
  it('for completions count over all turns of a run', async () => {
    const model = new FakeModel([
      [{ call: 'ask' }, spending(10, 300)],
      [{ call: 'ask' }, spending(10, 100)],
      ['Done', spending(10, 50)],
    ])
    await using application = await openApplication(model)
    const run = await play(application, { max_completion_tokens: 1000 })
    expect(model.requests.map((request) => request.max_completion_tokens)).toEqual([1000, 700, 600])
    expect(run).toMatchObject({ status: 'completed', usage: { completion_tokens: 450 } })
  })

  it('that are used up end the run before the next turn', async () => {
    const model = new FakeModel([[{ call: 'ask' }, spending(10, 300)]])
    await using application = await openApplication(model)
    const run = await play(application, { max_completion_tokens: 300 })
    expect(run).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { completion_tokens: 300 },
    })
    expect(model.requests).toHaveLength(1)
  })

  it('for prompts leave less of the thread for every turn', async () => {
    const model = new FakeModel([[{ call: 'ask' }, spending(800, 5)], 'Done'])
    await using application = await openApplication(model)
    // Messages of 100 tokens each
    const additional_messages = Array.from({ length: 9 }, () => ({ role: 'user' as const, content: 'abcd'.repeat(96) }))
    await play(application, { max_prompt_tokens: 1100, additional_messages })
    expect(model.requests.map(({ messages }) => messages.filter(({ role }) => role === 'user').length)).toEqual([10, 3])
  })
})

describe('a prompt that the upstream finds too long', () => {
  const tooLong = new ModelFailure('context_length_exceeded', "This model's maximum context length is 500 tokens.")
  const long = Array.from({ length: 9 }, (_, n) => ({ role: 'user' as const, content: `${n} ${'abcd'.repeat(96)}` }))

  function numbers({ requests }: FakeModel): string[] {
    return requests.map(({ messages }) =>
      messages
        .map((message) =>
          message.role === 'user' && message.content[0]?.type === 'text' ? message.content[0].text : '-',
        )
        .map((text) => text[0])
        .join(''),
    )
  }

  it('is sent again with half as much, until it fits', async () => {
    const model = new FakeModel([tooLong, tooLong, 'Hello'])
    await using application = await openApplication(model)
    expect((await play(application, { additional_messages: long })).status).toBe('completed')
    expect(numbers(model)).toEqual(['H012345678', 'H5678', 'H8'])
  })

  it('fails the run when nothing can be left out any more', async () => {
    const model = new FakeModel(() => tooLong)
    await using application = await openApplication(model)
    const run = await play(application, { additional_messages: long })
    expect(run).toMatchObject({ status: 'failed', last_error: { code: 'invalid_prompt', message: tooLong.message } })
    expect(numbers(model)).toEqual(['H012345678', 'H5678', 'H8', '8'])
  })

  it('fails the run at once when its instructions alone are too long, or it is not to be truncated so', async () => {
    const model = new FakeModel(() => tooLong)
    await using application = await openApplication(model)
    const failed = { status: 'failed', last_error: { code: 'invalid_prompt', message: tooLong.message } }
    expect(await play(application, { instructions: 'abcd'.repeat(1000) })).toMatchObject(failed)
    const truncation_strategy = { type: 'last_messages' as const, last_messages: 4 }
    expect(await play(application, { truncation_strategy, additional_messages: long })).toMatchObject(failed)
    expect(numbers(model)).toEqual(['-H', '5678'])
  })

  it("never gets so far where the model's window is known: the thread is cut to it, and the reply has room", async () => {
    const model = new FakeModel(['Hello'], { contextWindows: { any: 600 } })
    await using application = await openApplication(model)
    await play(application, { additional_messages: long })
    expect(numbers(model)).toEqual(['H5678'])
  })

  it("is the upstream's to judge when instructions alone fill the window that we know of", async () => {
    const model = new FakeModel([tooLong], { contextWindows: { any: 100 } })
    await using application = await openApplication(model)
    const run = await play(application, { instructions: 'abcd'.repeat(1000) })
    expect(run).toMatchObject({ status: 'failed', last_error: { code: 'invalid_prompt', message: tooLong.message } })
  })
})
