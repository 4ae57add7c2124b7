import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ModelFailure } from '../../src/ports/model.ts'
import { FakeModel } from '../support/fake-model.ts'
import { startServer } from '../support/start-server.ts'

type Run = OpenAI.Beta.Threads.Run

const ask = { type: 'function' as const, function: { name: 'ask' } }

/** Which of a run's fields are set in which status: n = null, s = set. */
const fields = [
  'started_at',
  'expires_at',
  'cancelled_at',
  'failed_at',
  'completed_at',
  'required_action',
  'last_error',
  'incomplete_details',
  'usage',
] as const

function shape(run: Run): string {
  return fields.map((field) => (run[field] === null ? 'n' : 's')).join('')
}

async function setUp(client: OpenAI, run: Partial<OpenAI.Beta.Threads.Runs.RunCreateParamsNonStreaming> = {}) {
  const assistant = await client.beta.assistants.create({ model: 'gpt-4o', tools: [ask], instructions: 'Be brief.' })
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] })
  const create = () => client.beta.threads.runs.create(thread.id, { assistant_id: assistant.id, ...run })
  const poll = async (id: string) => {
    for (;;) {
      const read = await client.beta.threads.runs.retrieve(id, { thread_id: thread.id })
      if (!['queued', 'in_progress', 'cancelling'].includes(read.status)) return read
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const steps = async (id: string) =>
    (await client.beta.threads.runs.steps.list(id, { thread_id: thread.id, order: 'asc' })).data
  return { assistant, thread, create, poll, steps }
}

describe('the life of a run', () => {
  it('shows exactly the fields of its status, from queued to completed', async () => {
    const model = new FakeModel(['Hello there'])
    model.hold({ after: 1 })
    await using server = await startServer({ model })
    const { create, thread, poll, steps } = await setUp(server.client)
    const queued = await create()
    expect([queued.status, shape(queued)]).toEqual(['queued', 'nsnnnnnnn'])
    expect(queued.expires_at).toBe(queued.created_at + 600)
    await model.held()
    const working = await server.client.beta.threads.runs.retrieve(queued.id, { thread_id: thread.id })
    expect([working.status, shape(working)]).toEqual(['in_progress', 'ssnnnnnnn'])
    const [open] = await steps(queued.id)
    expect(open).toMatchObject({
      status: 'in_progress',
      usage: null,
      completed_at: null,
      expires_at: queued.expires_at,
    })
    model.release()
    const completed = await poll(queued.id)
    expect([completed.status, shape(completed)]).toEqual(['completed', 'snnnsnnns'])
    const [step] = await steps(queued.id)
    expect(step).toMatchObject({ status: 'completed', usage: completed.usage, expires_at: null, expired_at: null })
  })

  it('waits for functions, takes all their outputs at once, and keeps its deadline', async () => {
    const model = new FakeModel([
      [
        { call: 'ask', arguments: { n: 1 } },
        { call: 'ask', arguments: { n: 2 } },
      ],
      'Done',
    ])
    await using server = await startServer({ model })
    const { create, poll, steps, thread } = await setUp(server.client)
    const waiting = await poll((await create()).id)
    expect([waiting.status, shape(waiting)]).toEqual(['requires_action', 'ssnnnsnnn'])
    const calls = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    const [first, second] = calls.map((call) => call.id)
    const [open] = await steps(waiting.id)
    expect(open).toMatchObject({ status: 'in_progress', usage: null })

    const submit = (...ids: (string | undefined)[]) =>
      server.client.beta.threads.runs.submitToolOutputs(waiting.id, {
        thread_id: thread.id,
        tool_outputs: ids.map((tool_call_id) => ({
          tool_call_id: tool_call_id as string,
          output: `out of ${tool_call_id}`,
        })),
      })
    await expect(submit(first)).rejects.toThrow(
      `400 Expected tool outputs for call_ids ['${first}', '${second}'], got ['${first}']`,
    )
    await expect(submit(first, first)).rejects.toThrow(/Expected tool outputs/)
    await expect(submit(first, second, 'call_other')).rejects.toThrow(/Expected tool outputs/)
    const resumed = await submit(second, first)
    expect([resumed.status, resumed.required_action, resumed.started_at]).toEqual(['queued', null, waiting.started_at])
    expect(resumed.expires_at).toBe(waiting.expires_at)
    const completed = await poll(waiting.id)
    expect(completed.status).toBe('completed')
    await expect(submit(first, second)).rejects.toThrow('400 Runs in status "completed" do not accept tool outputs.')

    const [called, answered] = await steps(waiting.id)
    expect(called?.step_details).toMatchObject({
      tool_calls: [
        { id: first, function: { arguments: '{"n":1}', output: `out of ${first}` } },
        { id: second, function: { arguments: '{"n":2}', output: `out of ${second}` } },
      ],
    })
    const sum = (called?.usage?.total_tokens ?? 0) + (answered?.usage?.total_tokens ?? 0)
    expect(completed.usage?.total_tokens).toBe(sum)
    expect(model.requests[1]?.messages.slice(-3)).toEqual([
      {
        role: 'assistant',
        text: null,
        tool_calls: [
          { id: first, name: 'ask', arguments: '{"n":1}' },
          { id: second, name: 'ask', arguments: '{"n":2}' },
        ],
      },
      { role: 'tool', tool_call_id: first, text: `out of ${first}` },
      { role: 'tool', tool_call_id: second, text: `out of ${second}` },
    ])
  })

  it('holds its thread until it is over', async () => {
    const model = new FakeModel(['Hello there', 'Again'])
    model.hold()
    await using server = await startServer({ model })
    const { create, thread, poll } = await setUp(server.client)
    const [one, other] = await Promise.allSettled([create(), create()])
    const won = one?.status === 'fulfilled' ? one.value : (other as PromiseFulfilledResult<Run>).value
    const lost = one?.status === 'rejected' ? one : other
    expect(lost).toMatchObject({ reason: { message: `400 Thread ${thread.id} already has an active run ${won.id}.` } })
    await expect(
      server.client.beta.threads.messages.create(thread.id, { role: 'user', content: 'Wait' }),
    ).rejects.toThrow(`400 Can't add messages to ${thread.id} while a run ${won.id} is active.`)
    await server.client.beta.threads.update(thread.id, { metadata: { still: 'allowed' } })
    await server.client.beta.threads.runs.update(won.id, { thread_id: thread.id, metadata: { kept: 'yes' } })
    model.release()
    expect(await poll(won.id)).toMatchObject({ status: 'completed', metadata: { kept: 'yes' } })
    await server.client.beta.threads.messages.create(thread.id, { role: 'user', content: 'Now' })
    expect((await poll((await create()).id)).status).toBe('completed')
  })

  it('is cancelled in mid-sentence: upstream let go, step and message closed with what was said', async () => {
    const model = new FakeModel(['Hello there my friend'])
    model.hold({ after: 2 })
    await using server = await startServer({ model })
    const { client } = server
    const { create, thread, poll, steps } = await setUp(client)
    const { id } = await create()
    await model.held()
    const cancelling = await client.beta.threads.runs.cancel(id, { thread_id: thread.id })
    expect([cancelling.status, shape(cancelling)]).toEqual(['cancelling', 'ssnnnnnnn'])
    const cancelled = await poll(id)
    expect([cancelled.status, shape(cancelled)]).toEqual(['cancelled', 'snsnnnnns'])
    const [step] = await steps(id)
    expect(step).toMatchObject({ status: 'cancelled', cancelled_at: cancelled.cancelled_at, completed_at: null })
    const { data } = await client.beta.threads.messages.list(thread.id, { run_id: id })
    expect(data).toMatchObject([
      {
        status: 'incomplete',
        incomplete_details: { reason: 'run_cancelled' },
        content: [{ text: { value: 'Hello there ' } }],
      },
    ])
    await expect(client.beta.threads.runs.cancel(id, { thread_id: thread.id })).rejects.toThrow(
      "400 Cannot cancel run with status 'cancelled'.",
    )
  })

  it('is cancelled at once while it waits for outputs', async () => {
    await using server = await startServer({ model: new FakeModel([{ call: 'ask' }]) })
    const { create, thread, poll, steps } = await setUp(server.client)
    const waiting = await poll((await create()).id)
    const cancelled = await server.client.beta.threads.runs.cancel(waiting.id, { thread_id: thread.id })
    expect([cancelled.status, shape(cancelled)]).toEqual(['cancelled', 'snsnnnnns'])
    const [step] = await steps(waiting.id)
    expect(step).toMatchObject({ status: 'cancelled', step_details: { tool_calls: [{ function: { output: null } }] } })
    expect(step?.usage?.total_tokens).toBe(cancelled.usage?.total_tokens)
    expect(cancelled.usage?.total_tokens).toBeGreaterThan(0)
  })

  it.each(['while it works', 'while it waits for outputs', 'while it is queued'])(
    'expires by the clock %s',
    async (when) => {
      const model = new FakeModel(when === 'while it waits for outputs' ? [{ call: 'ask' }] : ['One two', 'One two'])
      if (when !== 'while it waits for outputs') model.hold({ after: 1 })
      const env = { REPRISE_RUN_EXPIRES_AFTER: '1', REPRISE_MAX_RUNS: '1' }
      await using server = await startServer({ model, env })
      if (when === 'while it is queued') {
        const other = await setUp(server.client)
        await other.create()
        await model.held()
      }
      const { create, poll, thread, steps } = await setUp(server.client)
      const { id } = await create()
      let run = await poll(id)
      while (run.status === 'requires_action') run = await poll(id)
      expect([run.status, shape(run).slice(1)]).toEqual(['expired', 'nnnnnnns'])
      for (const step of await steps(id))
        expect(step).toMatchObject({ status: 'expired', expires_at: null, usage: expect.anything() })
      await server.client.beta.threads.messages.create(thread.id, { role: 'user', content: 'The thread is free' })
      model.release()
    },
  )

  it('fails with what the upstream said, and keeps what was said before', async () => {
    const failure = new ModelFailure('rate_limit_exceeded', 'Rate limit reached for gpt-4o.')
    await using server = await startServer({ model: new FakeModel([['Hello ', failure], failure]) })
    const { create, poll, steps, thread } = await setUp(server.client)
    const failed = await poll((await create()).id)
    expect([failed.status, shape(failed)]).toEqual(['failed', 'snnsnnsns'])
    expect(failed.last_error).toEqual({ code: 'rate_limit_exceeded', message: 'Rate limit reached for gpt-4o.' })
    const [step] = await steps(failed.id)
    expect(step).toMatchObject({ status: 'failed', failed_at: failed.failed_at, last_error: failed.last_error })
    const { data } = await server.client.beta.threads.messages.list(thread.id, { run_id: failed.id })
    expect(data).toMatchObject([{ status: 'incomplete', incomplete_details: { reason: 'run_failed' } }])
    const again = await poll((await create()).id)
    expect(again.usage).toMatchObject({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })
    expect(await steps(again.id)).toEqual([])
  })

  it('is incomplete when the reply was cut by a token limit', async () => {
    const cut = ['Hello there', { type: 'finish' as const, reason: 'length' as const }]
    const model = new FakeModel([cut])
    await using server = await startServer({ model })
    const { create, poll, steps, thread } = await setUp(server.client, { max_completion_tokens: 256 })
    const run = await poll((await create()).id)
    expect(model.requests[0]?.max_completion_tokens).toBe(256)
    expect([run.status, shape(run)]).toEqual(['incomplete', 'snnnnnnss'])
    expect(run.incomplete_details).toEqual({ reason: 'max_completion_tokens' })
    expect(await steps(run.id)).toMatchObject([{ status: 'completed' }])
    const { data } = await server.client.beta.threads.messages.list(thread.id, { run_id: run.id })
    expect(data).toMatchObject([{ status: 'incomplete', incomplete_details: { reason: 'max_tokens' } }])
  })

  it('is incomplete when nothing is left of the prompt budget', async () => {
    const usage = {
      prompt_tokens: 300,
      completion_tokens: 5,
      total_tokens: 305,
      prompt_token_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    }
    const model = new FakeModel([[{ call: 'ask' }, { type: 'usage', usage }]])
    await using server = await startServer({ model })
    const { create, poll, thread } = await setUp(server.client, { max_prompt_tokens: 256 })
    const waiting = await poll((await create()).id)
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    await server.client.beta.threads.runs.submitToolOutputs(waiting.id, {
      thread_id: thread.id,
      tool_outputs: [{ tool_call_id: call?.id as string, output: 'x' }],
    })
    const run = await poll(waiting.id)
    expect([run.status, run.incomplete_details]).toEqual(['incomplete', { reason: 'max_prompt_tokens' }])
    expect(run.usage).toMatchObject({ prompt_tokens: 300, completion_tokens: 5 })
  })

  it('ends with its thread', async () => {
    const model = new FakeModel(['Hello there'])
    model.hold({ after: 1 })
    await using server = await startServer({ model })
    const { create, thread } = await setUp(server.client)
    const { id } = await create()
    await model.held()
    await server.client.beta.threads.delete(thread.id)
    await expect(server.client.beta.threads.runs.retrieve(id, { thread_id: thread.id })).rejects.toThrow(/404/)
    await model.left()
  })
})
