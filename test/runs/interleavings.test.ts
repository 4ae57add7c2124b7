import { describe, expect, it } from 'vitest'
import { ApiError } from '../../src/api/error.ts'
import { fromText } from '../../src/api/json.ts'
import type { Message } from '../../src/api/message.ts'
import type { Run } from '../../src/api/run.ts'
import type { RunStep } from '../../src/api/run-step.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { isActive } from '../../src/runs/run-status.ts'
import { createPoints, type Points } from '../support/disturbances.ts'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import {
  collect,
  makeThread,
  openApplication,
  project,
  submitOutputs,
  type TestApplication,
  until,
} from '../support/open-application.ts'
import { checkStream } from '../support/stream-grammar.ts'

/** What the model says to the user; calls are answered, and then it says its last words. */
const stories: Record<string, FakeTurn> = {
  'a text': 'Hello there',
  'a text and two calls': ['Wait', { call: 'ask', arguments: '{}' }, { call: 'ask', arguments: '' }],
}

interface Target {
  readonly application: TestApplication
  readonly thread_id: string
  readonly run_id: string
}

/** What happens to a run while it is under way. */
interface Disturbance {
  act(target: Target): Promise<unknown>
  /** The statuses that the run may end in once the disturbance was acknowledged. */
  readonly ends: readonly Run['status'][]
  /** What was promised beyond that; `answer` is what `act` resolved to. */
  check?(story: Told, answer: unknown): void
  /** The story does not wait until it is over. */
  readonly atOnce?: true
  /** Its streams may break off, with an error. */
  readonly breaks?: true
}

/** A story when it is over: its rows, and what was told of it, leg by leg. */
interface Told {
  readonly run: Run
  readonly steps: RunStep[]
  readonly messages: Message[]
  readonly legs: StreamEvent[][]
}

const cancel = ({ application, thread_id, run_id }: Target) =>
  application.services().runs.cancel(project, thread_id, run_id)

const disturbances: Record<string, Disturbance> = {
  cancel: {
    act: cancel,
    ends: ['cancelled', 'completed'],
    check({ run }, answer) {
      if (fromText(answer as Awaited<ReturnType<typeof cancel>>).status === 'cancelled')
        expect(run.status).toBe('cancelled')
    },
  },
  'cancel, twice at once': {
    act: (target) => Promise.allSettled([cancel(target), cancel(target)]),
    atOnce: true,
    ends: ['cancelled', 'completed'],
    check({ run }, answer) {
      const answers = answer as PromiseSettledResult<unknown>[]
      const accepted = answers.filter(({ status }) => status === 'fulfilled').length
      expect(accepted).toBeLessThan(2)
      if (accepted === 0) expect(run.status).toBe('completed')
    },
  },
  expiry: { act: ({ application, run_id }) => application.expire(run_id), ends: ['expired', 'completed'] },
  'cancel and expiry at once': {
    act: (target) => Promise.allSettled([cancel(target), target.application.expire(target.run_id)]),
    atOnce: true,
    ends: ['cancelled', 'expired', 'completed'],
  },
  'expiry and cancel at once': {
    act: (target) => Promise.allSettled([target.application.expire(target.run_id), cancel(target)]),
    atOnce: true,
    ends: ['cancelled', 'expired', 'completed'],
  },
  'new metadata of the run': {
    act: ({ application, thread_id, run_id }) =>
      application.services().runs.modify(project, thread_id, run_id, { metadata: { kept: 'yes' } }),
    ends: ['completed'],
    check: ({ run }) => expect(run.metadata).toEqual({ kept: 'yes' }),
  },
  'new metadata of what it writes': {
    act: (target) => forEachMessage(target, 'modify'),
    ends: ['completed'],
    check({ messages }, answer) {
      for (const id of answer as string[])
        expect(messages.find((message) => message.id === id)?.metadata).toEqual({ kept: 'yes' })
    },
  },
  'deletion of what it writes': {
    act: (target) => forEachMessage(target, 'remove'),
    ends: ['completed'],
    check({ messages }, answer) {
      for (const id of answer as string[]) expect(messages.map((message) => message.id)).not.toContain(id)
    },
  },
  'a stop of the process': {
    act: async ({ application }) => {
      await application.stop()
      application.startAgain()
    },
    ends: ['completed'],
    atOnce: true,
    breaks: true,
  },
}

async function forEachMessage({ application, thread_id, run_id }: Target, action: 'modify' | 'remove') {
  const { messages } = application.services()
  const written = (await read({ application, run_id, thread_id })).messages.map((message) => message.id)
  for (const id of written) {
    if (action === 'modify') await messages.modify(project, thread_id, id, { metadata: { kept: 'yes' } })
    else await messages.remove(project, thread_id, id)
  }
  return written
}

describe.each(Object.keys(stories))('a run with %s', { timeout: 60_000 }, (name) => {
  const said = stories[name] ?? []
  const model = () => new FakeModel(({ messages }) => (messages.at(-1)?.role === 'tool' ? 'Done' : said))

  it.each(Object.keys(disturbances))('comes to a sound end whenever there is %s', async (kind) => {
    const disturbance = disturbances[kind] ?? expect.fail()
    const points = createPoints()
    await using application = await openApplication(points.aroundModel(model()), { aroundStore: points.aroundStore })
    for (const meanwhile of disturbance.atOnce ? [false] : [true, false]) {
      for (let at = 0; await isSound({ application, points, disturbance, at, meanwhile }); at++);
    }
    expect(await application.stored.queue.depth()).toEqual({ waiting: 0, leased: 0 })
  })

  it('is gone whenever its thread is deleted', async () => {
    const points = createPoints()
    await using application = await openApplication(points.aroundModel(model()), { aroundStore: points.aroundStore })
    for (const meanwhile of [true, false]) {
      for (let at = 0; await isGone({ application, points, at, meanwhile }); at++);
    }
    expect(await application.stored.queue.depth()).toEqual({ waiting: 0, leased: 0 })
  })
})

interface Play {
  application: TestApplication
  points: Points
  at: number
  /** Whether the story waits until the disturbance is over, or goes on at once. */
  meanwhile: boolean
}

/** Plays the story with a disturbance at one point; false when the story has no such point. */
async function isSound({ disturbance, ...play }: Play & { disturbance: Disturbance }): Promise<boolean> {
  const { application, points } = play
  const { disturbed, target, legs } = await playStory(play, disturbance.act)
  const told: Told = { ...(await read(target())), legs }
  checkRows(told)
  checkLegs(told, disturbance.breaks ?? false)
  if (disturbed.status === 'fulfilled') {
    expect(disturbance.ends).toContain(told.run.status)
    if (disturbed.value !== undefined) disturbance.check?.(told, disturbed.value)
  } else {
    expect(disturbed.reason).toBeInstanceOf(ApiError)
    expect(told.run.status).toBe('completed')
  }
  expect([application.running(), application.events().current(told.run.id)]).toEqual([0, undefined])
  await application.services().messages.create(project, told.run.thread_id, { role: 'user', content: 'Free again' })
  return points.reached()
}

async function isGone(play: Play): Promise<boolean> {
  const { application, points } = play
  const { disturbed, target, legs } = await playStory(play, ({ thread_id }) =>
    application.services().threads.remove(project, thread_id),
  )
  if (disturbed.status === 'rejected') throw disturbed.reason
  if (disturbed.value !== undefined) {
    const { run_id } = target()
    const { runs, steps, messages } = application.stored.read(project)
    expect([await runs.get(run_id), await steps.ofRun(run_id)]).toEqual([undefined, []])
    expect((await messages.list({ thread_id: target().thread_id }, { limit: 10, order: 'asc' })).items).toEqual([])
    expect(application.events().current(run_id)).toBeUndefined()
    for (const leg of legs) expect(leg.at(-1)?.event).toBe('done')
  }
  return points.reached()
}

/** Plays a story to its end, with something that happens at one of its points. */
async function playStory({ application, points, at, meanwhile }: Play, act: (target: Target) => Promise<unknown>) {
  const { assistant, thread } = await makeThread(application)
  const disturbed = Promise.withResolvers<unknown>()
  let target: Target | undefined
  points.disturb(at, async () => {
    target = await targetOn(application, thread.id)
    const acting = target ? act(target) : Promise.resolve(undefined)
    acting.then(disturbed.resolve, disturbed.reject)
    if (meanwhile) await acting.catch(() => {})
  })
  const legs: StreamEvent[][] = []
  const creation = { assistant_id: assistant.id, stream: true }
  legs.push(await collect(await application.services().runs.create(project, thread.id, creation)))
  target ??= await targetOn(application, thread.id)
  while (target && (await restingStatus(target)) === 'requires_action') {
    try {
      legs.push(await submitOutputs(application, thread.id, target.run_id))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error // the disturbance came first, and the run waits no more
    }
  }
  if (!points.reached()) disturbed.resolve(undefined)
  const [result] = await Promise.allSettled([disturbed.promise])
  await until(() => application.running() === 0)
  return {
    legs,
    disturbed: result,
    target: () => target ?? expect.fail('the story had no run'),
  }
}

async function targetOn(application: TestApplication, thread_id: string): Promise<Target | undefined> {
  const { items } = await application.stored.read(project).runs.list({ thread_id }, { limit: 1, order: 'desc' })
  return items[0] && { application, thread_id, run_id: items[0].id }
}

/** The status in which the run stays unless somebody does something; undefined when it is gone. */
async function restingStatus({ application, run_id }: Target): Promise<Run['status'] | undefined> {
  let status: Run['status'] | undefined
  await until(async () => {
    status = (await application.stored.read(project).runs.get(run_id))?.status
    return status === undefined || status === 'requires_action' || !isActive(status)
  })
  return status
}

async function read({ application, thread_id, run_id }: Target): Promise<Omit<Told, 'legs'>> {
  const { runs, steps, messages } = application.stored.read(project)
  const run = await runs.get(run_id)
  const written = await messages.list({ thread_id, run_id }, { limit: 100, order: 'asc' })
  return {
    run: run ? fromText(run.body) : expect.fail('the run is gone'),
    steps: (await steps.ofRun(run_id)).map((row) => fromText(row.body)),
    messages: written.items.map((row) => fromText(row.body)),
  }
}

function checkRows({ run, steps, messages }: Told): void {
  expect(isActive(run.status)).toBe(false)
  expect(run).toMatchObject({ expires_at: null, required_action: null })
  for (const step of steps) {
    expect(step.status).not.toBe('in_progress')
    expect(step).toMatchObject({ expires_at: null, usage: expect.anything() })
  }
  const cost = steps.reduce((sum, step) => sum + (step.usage?.total_tokens ?? 0), 0)
  expect(run.usage?.total_tokens).toBe(cost)
  const written = steps.flatMap(({ step_details: details }) =>
    details.type === 'message_creation' ? [details.message_creation.message_id] : [],
  )
  for (const message of messages) {
    expect(message.status).not.toBe('in_progress')
    expect(written).toContain(message.id)
  }
}

/** Each leg is what the grammar says, and the last event about anything says what its row says. */
function checkLegs({ run, steps, messages, legs }: Told, mayBreak: boolean): void {
  for (const leg of legs) {
    expect(leg.at(-1)?.event).toBe('done')
    if (mayBreak && leg.at(-2)?.event === 'error') return
    const reading = checkStream(leg)
    if (!isActive(reading.run.status)) expect(reading.run).toEqual({ ...run, metadata: reading.run.metadata })
    for (const told of reading.steps) {
      if (told.status === 'in_progress') continue
      const row = steps.find((step) => step.id === told.id)
      expect({ ...told, expires_at: null }).toEqual(row)
    }
    for (const told of reading.messages) {
      const row = messages.find((message) => message.id === told.id)
      if (row) expect(told).toEqual({ ...row, metadata: told.metadata })
    }
  }
}
