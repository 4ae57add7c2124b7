import { describe, expect, it } from 'vitest'
import { fromText } from '../../src/api/json.ts'
import type { CreateRunRequest } from '../../src/api/run.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { SandboxFailure } from '../../src/ports/sandbox.ts'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import { FakeSandbox } from '../support/fake-sandbox.ts'
import { collect, openApplication, project, type TestApplication, until } from '../support/open-application.ts'
import { checkStream } from '../support/stream-grammar.ts'

const page = { limit: 20, order: 'asc' as const }
const settings = { sessions: 4, idleSeconds: 3600, prepared: 0 }
const ask = { type: 'function' as const, function: { name: 'ask' } }

function code(...lines: string[]) {
  return { call: 'code_interpreter', arguments: { code: lines.join('\n') } }
}

function openWith(turns: FakeTurn[], sandbox = new FakeSandbox()) {
  return openApplication(new FakeModel(turns), { code: { ok: true, sandbox, settings } })
}

async function makeThread(app: TestApplication) {
  const { assistants, threads } = app.services()
  const tools = [{ type: 'code_interpreter' as const }, ask]
  const assistant = fromText(await assistants.create(project, { model: 'any', tools }))
  const thread = fromText(await threads.create(project, { messages: [{ role: 'user', content: 'Count.' }] }))
  return { assistant_id: assistant.id, thread_id: thread.id }
}

async function start(
  app: TestApplication,
  made: { assistant_id: string; thread_id: string },
  request: Partial<CreateRunRequest> = {},
) {
  const { assistant_id, thread_id } = made
  const started = await app.services().runs.create(project, thread_id, { assistant_id, stream: true, ...request })
  return { id: fromText(started.run).id, told: collect(started) }
}

async function stepsOf(app: TestApplication, thread_id: string, run_id: string) {
  return JSON.parse(await app.services().runs.listSteps(project, thread_id, run_id, { ...page, include: [] })).data
}

async function messageOf(app: TestApplication, thread_id: string, run_id: string) {
  return JSON.parse(await app.services().messages.list(project, thread_id, { ...page, run_id })).data[0]
}

function codeDeltas(events: readonly StreamEvent[]) {
  return events.flatMap((event) => {
    if (event.event !== 'thread.run.step.delta') return []
    return event.data.delta.step_details.tool_calls
  })
}

describe('the code interpreter in a run', () => {
  it('shows the code as it is written, then what it prints, in one step, and keeps both', async () => {
    await using app = await openWith([code('print 1', 'print 2'), 'It is 2.'])
    const made = await makeThread(app)
    const { id, told } = await start(app, made)
    const events = await told
    expect(checkStream(events).run.status).toBe('completed')
    const [first, ...deltas] = codeDeltas(events)
    expect(first).toMatchObject({ index: 0, type: 'code_interpreter', code_interpreter: { input: '', outputs: [] } })
    expect(deltas.length).toBeGreaterThan(3)
    const steps = await stepsOf(app, made.thread_id, id)
    const [call] = steps[0].step_details.tool_calls
    expect(call.code_interpreter).toEqual({
      input: 'print 1\nprint 2',
      outputs: [{ type: 'logs', logs: '1\n2\n' }],
    })
    expect(steps.map(({ type, status }: { type: string; status: string }) => [type, status])).toEqual([
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ])
  })

  it('tells the model what came of it', async () => {
    const sandbox = new FakeSandbox()
    const model = new FakeModel([code('print 1', 'raise KeyError'), code('write a.csv 1,2', 'show plot'), 'Done.'])
    await using app = await openApplication(model, { code: { ok: true, sandbox, settings } })
    const { told } = await start(app, await makeThread(app))
    await told
    const outputs = model.requests.flatMap(({ messages }) => messages.filter(({ role }) => role === 'tool'))
    expect(outputs[0]).toMatchObject({ text: expect.stringContaining('KeyError') })
    expect(outputs.at(-1)).toMatchObject({
      text: 'One image was shown to the user.\nFiles written: sandbox:/mnt/data/a.csv',
    })
  })

  it('puts images before the text, and turns links to its files into annotations', async () => {
    const text = ['😀 Here: [csv](sandbox:/mn', 't/data/out.csv), not sandbox:/mnt/data/none.csv.']
    await using app = await openWith([code('show plot', 'write out.csv a,b'), text])
    const made = await makeThread(app)
    const { id, told } = await start(app, made)
    const events = await told
    checkStream(events)
    const message = await messageOf(app, made.thread_id, id)
    const [image, said] = message.content
    expect(image).toEqual({ type: 'image_file', image_file: { file_id: expect.stringMatching(/^file-/) } })
    const [link] = said.text.annotations
    expect(said.text.annotations).toHaveLength(1)
    expect([...said.text.value].slice(link.start_index, link.end_index).join('')).toBe('sandbox:/mnt/data/out.csv')
    expect(link).toMatchObject({ type: 'file_path', text: 'sandbox:/mnt/data/out.csv' })
    expect(message.attachments).toEqual([{ file_id: link.file_path.file_id, tools: [{ type: 'code_interpreter' }] }])
    const { files } = app.services()
    expect(fromText(await files.get(project, link.file_path.file_id))).toMatchObject({
      purpose: 'assistants_output',
      filename: 'out.csv',
      bytes: 3,
    })
    const { data } = await files.content(project, link.file_path.file_id)
    expect(await new Response(data).text()).toBe('a,b')
  })

  it('keeps variables and files from one run of a thread to the next, and threads apart', async () => {
    const sandbox = new FakeSandbox()
    await using app = await openWith(
      [
        code('set x 1', 'write a.txt hello'),
        'Set.',
        code('get x', 'read a.txt'),
        'Got.',
        code('files', 'get x'),
        'None.',
      ],
      sandbox,
    )
    const one = await makeThread(app)
    const other = await makeThread(app)
    await (await start(app, one)).told
    const again = await start(app, one)
    await again.told
    const apart = await start(app, other)
    await apart.told
    const logsOf = async (thread_id: string, id: string) =>
      (await stepsOf(app, thread_id, id))[0].step_details.tool_calls[0].code_interpreter.outputs[0].logs
    expect(await logsOf(one.thread_id, again.id)).toBe('1\nhello\n')
    expect(await logsOf(other.thread_id, apart.id)).toContain('NameError')
    expect(sandbox.sessions).toHaveLength(2)
  })

  it('carries out its calls before the functions of the same turn, each of its calls in a step of its own', async () => {
    const turn = [{ call: 'ask', arguments: { n: 1 } }, code('print 1'), code('print 2')]
    await using app = await openWith([turn, 'Done.'])
    const made = await makeThread(app)
    const { id, told } = await start(app, made)
    const events = await told
    expect(events.at(-2)?.event).toBe('thread.run.requires_action')
    const steps = await stepsOf(app, made.thread_id, id)
    const shown = steps.map((step: { status: string; step_details: { tool_calls: { type: string }[] } }) => [
      step.status,
      ...step.step_details.tool_calls.map(({ type }) => type),
    ])
    expect(shown).toEqual([
      ['completed', 'code_interpreter'],
      ['completed', 'code_interpreter'],
      ['in_progress', 'function'],
    ])
    expect(steps[0].usage.total_tokens).toBeGreaterThan(0)
    expect(steps[1].usage.total_tokens).toBe(0)
  })

  it('says in the logs and to the model why a call was cut short', async () => {
    const model = new FakeModel([code('print 1', 'timeout'), code('die memory'), code('get x'), 'Sorry.'])
    const sandbox = new FakeSandbox()
    await using app = await openApplication(model, { code: { ok: true, sandbox, settings } })
    const made = await makeThread(app)
    const { id, told } = await start(app, made)
    checkStream(await told)
    const steps = await stepsOf(app, made.thread_id, id)
    const logs = steps
      .slice(0, 2)
      .map((step: { step_details: { tool_calls: { code_interpreter: { outputs: { logs: string }[] } }[] } }) =>
        step.step_details.tool_calls[0]?.code_interpreter.outputs.map(({ logs }) => logs).join(''),
      )
    expect(logs[0]).toMatch(/^1\n\[Interrupted: the code ran for longer than 60 seconds/)
    expect(logs[1]).toMatch(/^\[Python was ended: it used more than 512 MB of memory/)
    const outputs = model.requests.at(-1)?.messages.filter(({ role }) => role === 'tool')
    expect(outputs?.at(-1)).toMatchObject({ text: expect.stringMatching(/^Note: Python was started anew/) })
  })

  it('is interrupted at once when its run is cancelled, and the step keeps what it showed', async () => {
    const sandbox = new FakeSandbox()
    await using app = await openWith([code('print 1', 'wait here'), 'Never.'], sandbox)
    const made = await makeThread(app)
    const { id, told } = await start(app, made)
    await sandbox.reached('here')
    await app.services().runs.cancel(project, made.thread_id, id)
    const events = await told
    expect(events.at(-2)?.event).toBe('thread.run.cancelled')
    const [step] = await stepsOf(app, made.thread_id, id)
    expect(step.status).toBe('cancelled')
    expect(step.step_details.tool_calls[0].code_interpreter).toEqual({
      input: 'print 1\nwait here',
      outputs: [{ type: 'logs', logs: '1\n' }],
    })
  })

  it('does not run a finished call again when another process takes the run up', async () => {
    const sandbox = new FakeSandbox()
    const model = new FakeModel([code('print 1'), code('wait here'), code('print 3'), 'Done.'])
    await using app = await openApplication(model, { code: { ok: true, sandbox, settings } })
    const made = await makeThread(app)
    const { id, told } = await start(app, made)
    await sandbox.reached('here')
    await app.stop()
    await told
    app.startAgain()
    await until(async () => fromText(await app.services().runs.get(project, made.thread_id, id)).status === 'completed')
    const steps = await stepsOf(app, made.thread_id, id)
    const inputs = steps.map(
      (step: { step_details: { tool_calls?: { code_interpreter: { input: string } }[] } }) =>
        step.step_details.tool_calls?.[0]?.code_interpreter.input,
    )
    expect(inputs).toEqual(['print 1', 'print 3', undefined])
  })

  it('ends the session of a thread that is deleted', async () => {
    const sandbox = new FakeSandbox()
    await using app = await openWith([code('set x 1'), 'Set.'], sandbox)
    const made = await makeThread(app)
    await (await start(app, made)).told
    expect(sandbox.alive).toHaveLength(1)
    await app.services().threads.remove(project, made.thread_id)
    await until(() => sandbox.alive.length === 0)
  })

  it('refuses a run where there is no sandbox, and says what to do', async () => {
    await using app = await openApplication(new FakeModel([]))
    const made = await makeThread(app)
    const { assistant_id } = made
    await expect(app.services().runs.create(project, made.thread_id, { assistant_id })).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_tool',
      message: expect.stringContaining('there is no sandbox. Install one.'),
    })
  })

  it('fails the run with the reason when no session can be had', async () => {
    const sandbox = new FakeSandbox({
      beforeOpen: () => {
        throw new SandboxFailure('bwrap: no room.')
      },
    })
    await using app = await openWith([code('print 1')], sandbox)
    const made = await makeThread(app)
    const { told } = await start(app, made)
    expect(checkStream(await told).run.last_error).toEqual({ code: 'server_error', message: 'bwrap: no room.' })
  })

  it('runs code that the model did not wrap in JSON', async () => {
    await using app = await openWith([{ call: 'code_interpreter', arguments: 'print raw' }, 'Done.'])
    const made = await makeThread(app)
    const { id, told } = await start(app, made)
    await told
    const [step] = await stepsOf(app, made.thread_id, id)
    expect(step.step_details.tool_calls[0].code_interpreter).toEqual({
      input: 'print raw',
      outputs: [{ type: 'logs', logs: 'raw\n' }],
    })
  })
})
