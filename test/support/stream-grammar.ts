import { strict as assert } from 'node:assert'
import type { Message } from '../../src/api/message.ts'
import type { Run } from '../../src/api/run.ts'
import type { RunStep, ToolCall } from '../../src/api/run-step.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import type { Thread } from '../../src/api/thread.ts'
import { accumulateDeltas, type IndexedDelta } from './accumulate-deltas.ts'

/** What a stream told, once it is known to be well formed: everything as the last event about it has it. */
export interface StreamReading {
  readonly thread: Thread | undefined
  readonly run: Run
  readonly steps: readonly RunStep[]
  readonly messages: readonly Message[]
}

/**
 * Checks one leg of a run's stream (from the run's creation, or from submitted outputs, to its `done`) against the
 * grammar of the API: the exact order of events; one step and one message at a time, under ids that never come back;
 * statuses that are what the event says; deltas that add up to what the terminal event holds. Throws an
 * `AssertionError` that tells the order it saw. `done` may be missing, since the official clients keep it to themselves.
 */
export function checkStream(events: readonly StreamEvent[]): StreamReading {
  const told = events.at(-1)?.event === 'done' ? events.slice(0, -1) : events
  checkOrder(told.map(({ event }) => event))
  const reader = createReader()
  for (const event of told) reader.read(event)
  return reader.reading()
}

const message = 's.created s.in_progress m.created m.in_progress (m.delta )+'
const tool = 's.created s.in_progress (s.delta )'
const body = `(${message}m.completed s.completed |${tool}+s.completed )*`
const end = [
  '(r.completed|r.failed|r.incomplete|r.expired|r.cancelled) ',
  `${tool}+r.requires_action `,
  `${message}m.incomplete (s.failed r.failed|s.expired r.expired|s.completed r.incomplete|s.cancelled r.cancelled) `,
  `${tool}*(s.failed r.failed|s.expired r.expired|s.cancelled r.cancelled) `,
].join('|')
const head = '((C )?r.created|s.completed) r.queued '
const rest = `r.in_progress ${body}(${end})|(r.failed|r.expired|r.cancelled) `
const grammar = new RegExp(`^${head}(${rest})$`.replaceAll('.', '\\.'))

/** Fails unless these events come in an order that the API can produce. */
function checkOrder(names: readonly string[]): void {
  const order = names.map((name) => `${abbreviated(name)} `).join('')
  // `cancelling` may come anywhere once the run is in progress, and once at the most.
  const [before = '', after, ...more] = order.split('r.cancelling ')
  const cancelsInTime = after === undefined || before.includes('r.in_progress ')
  assert.ok(grammar.test(before + (after ?? '')) && cancelsInTime && more.length === 0, `order of events: ${order}`)
}

function abbreviated(name: string): string {
  return name
    .replace(/^thread\.created$/, 'C')
    .replace(/^thread\.run\.step\./, 's.')
    .replace(/^thread\.run\./, 'r.')
    .replace(/^thread\.message\./, 'm.')
}

function createReader() {
  let thread: Thread | undefined
  let run: Run | undefined
  const steps = createTeller<RunStep>('thread.run.step')
  const messages = createTeller<Message>('thread.message')

  function read({ event, data }: StreamEvent): void {
    switch (data === '[DONE]' || 'error' in data ? 'error' : data.object) {
      case 'thread':
        thread = data as Thread
        break
      case 'thread.run':
        readRun(event, data as Run)
        break
      case 'thread.run.step':
        readStep(event, data as RunStep)
        break
      case 'thread.message':
        readMessage(event, data as Message)
        break
      case 'thread.run.step.delta':
      case 'thread.message.delta':
        readDelta(data as Extract<StreamEvent, { event: `${string}.delta` }>['data'])
        break
      default:
        assert.fail(`unexpected event ${event}`)
    }
  }

  function readRun(event: string, next: Run): void {
    assert.equal(event, event === 'thread.run.created' ? event : `thread.run.${next.status}`)
    if (event === 'thread.run.created') assert.equal(next.status, 'queued')
    assert.equal(next.thread_id, thread?.id ?? next.thread_id)
    assert.equal(next.id, run?.id ?? next.id, 'a second run in one stream')
    run = next
    const calls = next.required_action?.submit_tool_outputs.tool_calls
    assert.equal(calls !== undefined, next.status === 'requires_action')
    // The calls that the client is asked to make are those of the open step, as its deltas spelled them.
    const asked = calls?.map((call) => ({ ...call, function: { ...call.function, output: null } }))
    if (asked) assert.deepEqual(asked, accumulateDeltas(steps.last()?.deltas ?? []))
  }

  function readStep(event: string, step: RunStep): void {
    const { deltas } = steps.tell(event, step)
    const { step_details: details } = step
    assert.equal(details.type, step.type)
    assert.equal(step.run_id, run?.id ?? step.run_id)
    assert.equal(step.usage === null, step.status === 'in_progress', `usage of a step that is ${step.status}`)
    // A step that the stream's earlier leg opened comes back complete and without deltas.
    if (details.type === 'tool_calls' && (deltas.length > 0 || step.status === 'in_progress')) {
      assert.deepEqual(details.tool_calls.map(asStreamed), accumulateDeltas(deltas))
    }
  }

  function readMessage(event: string, message: Message): void {
    const { deltas } = messages.tell(event, message)
    const step = steps.last()?.thing
    assert.ok(step?.step_details.type === 'message_creation', `message ${message.id} without its step`)
    assert.equal(step.step_details.message_creation.message_id, message.id)
    assert.equal(step.created_at, message.created_at)
    assert.equal(message.run_id, run?.id)
    assert.deepEqual(message.content, accumulateDeltas(deltas))
  }

  function readDelta({ id, delta }: Extract<StreamEvent, { event: `${string}.delta` }>['data']): void {
    if ('content' in delta) messages.follow(id).push(...delta.content)
    else steps.follow(id).push(...delta.step_details.tool_calls)
  }

  function reading(): StreamReading {
    assert.ok(run)
    return { thread, run, steps: steps.all(), messages: messages.all() }
  }

  return { read, reading }
}

/** A file search tells what it found at the end of its step, in no delta. */
function asStreamed(call: ToolCall): ToolCall {
  return call.type === 'file_search' ? { ...call, file_search: { ...call.file_search, results: [] } } : call
}

/** What a stream has told so far of one step or one message. */
interface Told<Thing> {
  readonly thing: Thing
  readonly deltas: IndexedDelta[]
}

/** Keeps what a stream tells of its steps, or of its messages: one at a time, and never again once it is over. */
function createTeller<Thing extends { id: string; object: string; status: string }>(object: Thing['object']) {
  const told = new Map<string, Told<Thing>>()
  const last = () => [...told.values()].at(-1)
  const isOpen = (one: Told<Thing> | undefined) => one?.thing.status === 'in_progress'

  /** Takes note of an event about `thing`. */
  function tell(event: string, thing: Thing): Told<Thing> {
    if (event === `${object}.created`) {
      assert.ok(!told.has(thing.id), `${thing.id} is created twice`)
      assert.ok(!isOpen(last()), `${thing.id} is created while another is open`)
      assert.equal(thing.status, 'in_progress')
    } else {
      assert.equal(event, `${object}.${thing.status}`)
      assert.ok(
        told.size === 0 || (isOpen(last()) && last()?.thing.id === thing.id),
        `${event}: ${thing.id} is not open`,
      )
    }
    const next = { thing, deltas: told.get(thing.id)?.deltas ?? [] }
    told.set(thing.id, next)
    return next
  }

  /** The deltas so far of the one that is open, for another to be added. */
  function follow(id: string): IndexedDelta[] {
    const one = last()
    assert.ok(one && isOpen(one) && one.thing.id === id, `delta for ${id}, which is not open`)
    return one.deltas
  }

  return { tell, follow, last, all: () => [...told.values()].map(({ thing }) => thing) }
}
