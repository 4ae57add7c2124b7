import { describe, expect, it } from 'vitest'
import { fromText } from '../../src/api/json.ts'
import { FakeModel } from '../support/fake-model.ts'
import { openApplication, project, startRun, until } from '../support/open-application.ts'
import { checkStream } from '../support/stream-grammar.ts'

/** One run at work, which stands still, in a process that carries out no more than one. */
async function openFull() {
  const model = new FakeModel(() => 'Hello there')
  model.hold()
  const application = await openApplication(model, { maxRuns: 1 })
  const first = await startRun(application)
  await model.held()
  return { model, application, first }
}

function names(events: readonly { event: string }[]): string[] {
  return events.map(({ event }) => event)
}

describe('runs for which there is no room', () => {
  it('are streamed from their creation to their end once it is their turn, in the order of their creation', async () => {
    const { model, application, first } = await openFull()
    await using _ = application
    const waiting = []
    for (let count = 0; count < 5; count++) waiting.push(await startRun(application))
    expect(await application.stored.queue.depth()).toEqual({ waiting: 5, leased: 1 })
    const ended: string[] = []
    for (const run of [first, ...waiting]) run.told.then(() => ended.push(run.id))
    model.release()
    for (const run of [first, ...waiting])
      expect(checkStream(await run.told).run).toMatchObject({ status: 'completed' })
    expect(ended).toEqual([first, ...waiting].map((run) => run.id))
  })

  it('take no memory while they wait unless somebody follows them', async () => {
    const { model, application } = await openFull()
    await using _ = application
    const followed = await startRun(application)
    expect(application.events().current(followed.id)).toBeDefined()
    const { assistant } = followed
    const started = await application
      .services()
      .runs.createWithThread(project, { assistant_id: assistant.id, thread: { messages: [] } })
    const alone = fromText(started.run)
    expect(application.events().current(alone.id)).toBeUndefined()
    model.release()
    await until(
      async () =>
        fromText(await application.services().runs.get(project, alone.thread_id, alone.id)).status === 'completed',
    )
    await until(() => application.running() === 0)
    expect(application.events().current(alone.id)).toBeUndefined()
  })

  it('tell their followers when they are cancelled, expire or go with their thread', async () => {
    const { model, application } = await openFull()
    await using _ = application
    const { runs, threads } = application.services()
    const cancelled = await startRun(application)
    const expired = await startRun(application)
    const deleted = await startRun(application)
    const run = fromText(await runs.cancel(project, cancelled.thread.id, cancelled.id))
    expect(run).toMatchObject({ status: 'cancelled', usage: { total_tokens: 0 } })
    await application.expire(expired.id)
    await threads.remove(project, deleted.thread.id)
    expect(checkStream(await cancelled.told).run).toEqual(run)
    expect(checkStream(await expired.told).run.status).toBe('expired')
    expect(names(await deleted.told)).toEqual(['thread.run.created', 'thread.run.queued', 'error', 'done'])
    expect(await application.stored.queue.depth()).toEqual({ waiting: 0, leased: 1 })
    model.release()
  })

  it('tell their followers when the process stops, and are carried out by the next', async () => {
    const { model, application, first } = await openFull()
    await using _ = application
    const waiting = await startRun(application)
    await application.stop()
    expect(names(await first.told).slice(-2)).toEqual(['error', 'done'])
    expect(names(await waiting.told)).toEqual(['thread.run.created', 'thread.run.queued', 'error', 'done'])
    const late = await startRun(application)
    expect(names(await late.told)).toEqual(['thread.run.created', 'thread.run.queued', 'error', 'done'])
    model.release()
    application.startAgain()
    const { runs } = application.services()
    for (const { thread, id } of [first, waiting, late])
      await until(async () => fromText(await runs.get(project, thread.id, id)).status === 'completed')
  })
})
