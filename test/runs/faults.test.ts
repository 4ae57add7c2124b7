import { describe, expect, it } from 'vitest'
import { fromText } from '../../src/api/json.ts'
import type { Run } from '../../src/api/run.ts'
import type { ModelPart, ModelProvider } from '../../src/ports/model.ts'
import type { Store } from '../../src/ports/store.ts'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import {
  openApplication,
  project,
  startRun,
  submitOutputs,
  type TestApplication,
  until,
} from '../support/open-application.ts'
import { checkStream } from '../support/stream-grammar.ts'

const sorry = { code: 'server_error', message: 'Sorry, something went wrong.' }

async function runOf({ stored }: TestApplication, run_id: string): Promise<Run> {
  const row = await stored.read(project).runs.get(run_id)
  return row ? fromText(row.body) : expect.fail('the run is gone')
}

/** A store whose transaction with that number fails, counted from when this was called. */
function failing(at: number) {
  let count = 0
  return (store: Store): Store => ({
    ...store,
    async transaction(project, work) {
      if (count++ !== at) return store.transaction(project, work)
      return store.transaction(project, async (tx) => {
        await work(tx)
        throw new Error('the disk is full')
      })
    },
  })
}

describe('a model that misbehaves', () => {
  const faults: Record<string, FakeTurn> = {
    'throws before its first word': new TypeError('fetch failed'),
    'throws in the middle of a text': ['Hello my ', new TypeError('fetch failed')],
    'throws in the middle of a call': [
      { type: 'tool-call', index: 0, id: null, name: 'ask' },
      { type: 'tool-call-delta', index: 0, arguments: '{"n"' },
      new TypeError('fetch failed'),
    ],
    'throws after text and a call': ['Let me see', { call: 'ask' }, new TypeError('fetch failed')],
    'throws instead of being asked': () => {
      throw new TypeError('fetch failed')
    },
  }

  it.each(Object.keys(faults))('%s: the run fails and gives nothing away', async (fault) => {
    await using application = await openApplication(new FakeModel([faults[fault] ?? '']))
    const { id, told } = await startRun(application)
    const reading = checkStream(await told)
    expect(reading.run).toMatchObject({ status: 'failed', last_error: sorry, required_action: null })
    for (const step of reading.steps.filter(({ status }) => status !== 'completed'))
      expect(step).toMatchObject({ status: 'failed', last_error: sorry, usage: { total_tokens: 0 } })
    for (const message of reading.messages.filter(({ status }) => status !== 'completed'))
      expect(message.incomplete_details).toEqual({ reason: 'run_failed' })
    expect(await runOf(application, id)).toEqual(reading.run)
    expect(await application.stored.queue.depth()).toEqual({ waiting: 0, leased: 0 })
  })

  it('ends without saying why', async () => {
    const model: ModelProvider = Object.assign(new FakeModel(), {
      async *stream(): AsyncGenerator<ModelPart> {
        yield { type: 'text-delta', text: 'Hello' }
      },
    })
    await using application = await openApplication(model)
    const { told } = await startRun(application)
    expect(checkStream(await told).run).toMatchObject({ status: 'failed', last_error: sorry })
  })

  it('does not stop when it is told to: the run ends all the same, and its thread is free', async () => {
    const reached = Promise.withResolvers<void>()
    const stuck = Promise.withResolvers<never>()
    const model: ModelProvider = Object.assign(new FakeModel(), {
      async *stream(): AsyncGenerator<ModelPart> {
        yield { type: 'text-delta', text: 'Hello' }
        reached.resolve()
        await stuck.promise
      },
    })
    await using application = await openApplication(model)
    const { id, thread, told } = await startRun(application)
    await reached.promise
    await application.expire(id)
    expect((await runOf(application, id)).status).toBe('in_progress')
    await application.expire(id, 4)
    expect((await runOf(application, id)).status).toBe('in_progress')
    await application.expire(id, 6)
    expect((await told).slice(-2).map(({ event }) => event)).toEqual(['error', 'done'])
    expect(await runOf(application, id)).toMatchObject({ status: 'expired', expires_at: null })
    await application.services().messages.create(project, thread.id, { role: 'user', content: 'Free again' })
    stuck.reject(new Error('too late'))
    await until(() => application.running() === 0)
    expect((await runOf(application, id)).status).toBe('expired')
  })
})

describe('a store that fails once', () => {
  it('refuses a run that it could not write, and the place it was to have is free', async () => {
    // An assistant and a thread were written before.
    await using application = await openApplication(new FakeModel(['Hello']), { maxRuns: 1, aroundStore: failing(2) })
    await expect(startRun(application)).rejects.toThrow('the disk is full')
    const { told } = await startRun(application)
    expect(checkStream(await told).run.status).toBe('completed')
  })

  /** By the number of the transaction that fails: what the first leg's stream ends with, and the run. */
  const ends: Record<string, [at: number, ...(readonly [string, Run['status']])]> = {
    'when the run begins: it begins later': [3, 'thread.run.requires_action', 'completed'],
    'when a step opens: the run fails': [4, 'thread.run.failed', 'failed'],
    'when the run comes to rest: the turn is made again': [5, 'error', 'completed'],
  }

  it.each(Object.keys(ends))('%s', { timeout: 10_000 }, async (name) => {
    const [at, last, status] = ends[name] ?? expect.fail()
    const model = new FakeModel(({ messages }) => (messages.at(-1)?.role === 'tool' ? 'Done' : { call: 'ask' }))
    await using application = await openApplication(model, { aroundStore: failing(at) })
    const { id, thread, told } = await startRun(application)
    expect((await told).at(-2)?.event).toBe(last)
    await until(async () => ['requires_action', 'failed'].includes((await runOf(application, id)).status))
    if (status === 'completed') checkStream(await submitOutputs(application, thread.id, id))
    const run = await runOf(application, id)
    expect([run.status, run.last_error]).toEqual([status, status === 'failed' ? sorry : null])
    expect(application.events().current(id)).toBeUndefined()
    await until(() => application.running() === 0)
    expect(await application.stored.queue.depth()).toEqual({ waiting: 0, leased: 0 })
  })
})

it('a run that nobody executes at the moment is cancelled at once', async () => {
  const model = new FakeModel(() => 'Hello')
  await using application = await openApplication(model, { aroundStore: failing(5) })
  const { id, thread, told } = await startRun(application)
  expect((await told).at(-2)?.event).toBe('error')
  await until(() => application.running() === 0)
  expect((await runOf(application, id)).status).toBe('in_progress')
  await application.services().runs.cancel(project, thread.id, id)
  expect((await runOf(application, id)).status).toBe('cancelled')
  const [step] = await application.stored.read(project).steps.ofRun(id)
  expect(step?.status).toBe('cancelled')
  expect(await application.stored.queue.depth()).toEqual({ waiting: 0, leased: 0 })
})

describe('a file that cannot be read', () => {
  it('fails the run that has to show it to the model', async () => {
    const model = new FakeModel(['Hello'])
    await using application = await openApplication(model, {
      aroundBlobs: (blobs) => ({ ...blobs, read: () => Promise.reject(new Error('EIO')) }),
    })
    const { services } = application
    async function* data() {
      yield Buffer.from('picture')
    }
    const settings = async () => ({ purpose: 'vision' as const, expires_after: null })
    const file = await services().files.create(project, { filename: 'a.png', data: data(), settings })
    const image_file = { file_id: JSON.parse(file).id }
    const additional_messages = [{ role: 'user' as const, content: [{ type: 'image_file' as const, image_file }] }]
    const { told } = await startRun(application, { additional_messages })
    expect(checkStream(await told).run).toMatchObject({ status: 'failed', last_error: sorry })
    expect(model.requests).toEqual([])
  })
})
