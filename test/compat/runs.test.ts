import { describe, expect, test } from 'vitest'
import { clientMajors } from './clients.ts'
import { openConversation, openScene, outputsFor } from './scene.ts'

const include = ['step_details.tool_calls[*].file_search.results[*].content' as const]

describe.each(clientMajors)('$name', (major) => {
  test('createAndPoll: from queued to completed, with its step, message and usage', async () => {
    await using scene = await openScene(major, ['Sunny.'])
    const { thread_id, assistant_id } = await openConversation(scene.client)
    const { runs, messages } = scene.client.beta.threads
    const run = await runs.createAndPoll(thread_id, {
      assistant_id,
      additional_instructions: 'Be kind.',
      additional_messages: [{ role: 'user', content: 'Today, please.' }],
      metadata: { n: '1' },
    })
    expect(run).toMatchObject({
      object: 'thread.run',
      status: 'completed',
      model: 'gpt-4o',
      instructions: 'Answer briefly.\n\nBe kind.',
      metadata: { n: '1' },
      expires_at: null,
      last_error: null,
      required_action: null,
      usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
    })
    const { data: steps } = await runs.steps.list(run.id, { thread_id })
    expect(steps).toMatchObject([{ type: 'message_creation', status: 'completed', run_id: run.id, usage: run.usage }])
    const [step] = steps
    expect(await runs.steps.retrieve(step?.id ?? '', { thread_id, run_id: run.id })).toEqual(step)

    const listed = (await messages.list(thread_id)).data
    expect(listed.map(({ role, content }) => [role, content[0]])).toEqual([
      ['assistant', { type: 'text', text: { value: 'Sunny.', annotations: [] } }],
      ['user', { type: 'text', text: { value: 'Today, please.', annotations: [] } }],
      ['user', { type: 'text', text: { value: 'What is the weather in Bern?', annotations: [] } }],
    ])
    expect((await messages.list(thread_id, { run_id: run.id })).data).toEqual(listed.slice(0, 1))
    const changed = await runs.update(run.id, { thread_id, metadata: { n: '2' } })
    expect(changed).toEqual({ ...run, metadata: { n: '2' } })
    expect((await runs.list(thread_id)).data).toEqual([changed])
    expect(scene.model.requests[0]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'user'])
  })

  test('createAndRunPoll makes the thread on the way', async () => {
    await using scene = await openScene(major, ['Windy.'])
    const { assistant_id } = await openConversation(scene.client)
    const run = await scene.client.beta.threads.createAndRunPoll({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'And in Basel?' }] },
    })
    expect(run.status).toBe('completed')
    expect((await scene.client.beta.threads.messages.list(run.thread_id)).data).toHaveLength(2)
  })

  test('parallel function calls, answered and polled', async () => {
    const ask = [{ call: 'get_weather', arguments: { city: 'Bern' } }, { call: 'get_time' }]
    await using scene = await openScene(major, [ask, 'Sunny at noon.'])
    const { thread_id, assistant_id } = await openConversation(scene.client)
    const { runs } = scene.client.beta.threads
    const waiting = await runs.createAndPoll(thread_id, { assistant_id, include })
    expect(waiting).toMatchObject({ status: 'requires_action', usage: null })
    const calls = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    expect(calls.map((call) => call.function)).toEqual([
      { name: 'get_weather', arguments: '{"city":"Bern"}' },
      { name: 'get_time', arguments: '{}' },
    ])

    const outputs = outputsFor(waiting)
    const partial = runs.submitToolOutputs(waiting.id, { thread_id, tool_outputs: outputs.slice(0, 1) })
    await expect(partial).rejects.toThrow(
      /^400 Expected tool outputs for call_ids \['call_\w+', 'call_\w+'\], got \['call_\w+'\]$/,
    )
    const run = await runs.submitToolOutputsAndPoll(waiting.id, { thread_id, tool_outputs: outputs })
    expect(run).toMatchObject({ status: 'completed', required_action: null })
    const { data: steps } = await runs.steps.list(run.id, {
      thread_id,
      order: 'asc',
      include,
    })
    expect(steps.map(({ type, status }) => [type, status])).toEqual([
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ])
    expect(steps[0]?.step_details).toMatchObject({
      tool_calls: [
        { function: { name: 'get_weather', output: 'get_weather: sunny' } },
        { function: { name: 'get_time', output: 'get_time: sunny' } },
      ],
    })
    expect(run.usage?.total_tokens).toBe(steps.reduce((sum, step) => sum + (step.usage?.total_tokens ?? 0), 0))
    const late = runs.submitToolOutputs(run.id, { thread_id, tool_outputs: outputs })
    await expect(late).rejects.toThrow('400 Runs in status "completed" do not accept tool outputs.')
  })

  test('cancel stops a run in the middle of its answer', async () => {
    await using scene = await openScene(major, ['One two three.'])
    scene.model.hold({ after: 1 })
    const { thread_id, assistant_id } = await openConversation(scene.client)
    const { runs, messages } = scene.client.beta.threads
    const { id } = await runs.create(thread_id, { assistant_id })
    await scene.model.held()
    const cancelled = await runs.cancel(id, { thread_id })
    expect(['cancelling', 'cancelled']).toContain(cancelled.status)
    const run = await runs.poll(id, { thread_id })
    expect(run).toMatchObject({ status: 'cancelled', expires_at: null, completed_at: null })
    expect((await messages.list(thread_id)).data[0]).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'run_cancelled' },
    })
    expect((await runs.steps.list(id, { thread_id })).data).toMatchObject([{ status: 'cancelled' }])
    await expect(runs.cancel(id, { thread_id })).rejects.toThrow("400 Cannot cancel run with status 'cancelled'.")
  })

  test('a busy thread refuses with 400, which clients do not retry', async () => {
    await using scene = await openScene(major, ['Sunny.'])
    scene.model.hold()
    let requests = 0
    const counting: typeof fetch = (input, init) => {
      requests += 1
      return fetch(input, init)
    }
    const client = major.open({ baseURL: scene.baseURL, apiKey: 'sk-compat', maxRetries: 3, fetch: counting })
    const { thread_id, assistant_id } = await openConversation(scene.client)
    const { runs, messages } = client.beta.threads
    const { id } = await scene.client.beta.threads.runs.create(thread_id, { assistant_id })
    const second = await runs.create(thread_id, { assistant_id }).catch((error: unknown) => error)
    expect(second).toBeInstanceOf(major.errors.BadRequestError)
    expect(second).toMatchObject({ message: `400 Thread ${thread_id} already has an active run ${id}.` })
    const added = messages.create(thread_id, { role: 'user', content: 'Hurry!' })
    await expect(added).rejects.toThrow(`400 Can't add messages to ${thread_id} while a run ${id} is active.`)
    expect(requests).toBe(2)
    scene.model.release()
    await runs.poll(id, { thread_id })
    await messages.create(thread_id, { role: 'user', content: 'Thanks.' })
  })

  test('errors carry what the server says about them', async () => {
    await using scene = await openScene(major)
    const { threads } = scene.client.beta
    const { id } = await threads.create()
    const role = 'system' as 'user'
    const error: unknown = await threads.messages.create(id, { role, content: 'Hi' }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(major.errors.BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: 'role',
      code: 'invalid_value',
      message: "400 Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
    })
    const named = error as { requestID?: string; request_id?: string } // version 4 has the second
    expect(named.requestID ?? named.request_id).toMatch(/^req_[0-9a-f]{32}$/)

    const missing = threads.runs.retrieve('run_000000000000000000000000', { thread_id: id })
    await expect(missing).rejects.toBeInstanceOf(major.errors.NotFoundError)
    await expect(threads.retrieve('undefined')).rejects.toThrow(
      "400 Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.",
    )
  })
})
