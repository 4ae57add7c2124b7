import type { Hono } from 'hono'
import { toText } from '../../src/api/json.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { type AppOptions, createApp, type Health } from '../../src/http/app.ts'
import type { InternalParts } from '../../src/http/internal.ts'
import type { Services } from '../../src/http/services.ts'
import type { PassThrough } from '../../src/ports/model.ts'
import type { StartedRun } from '../../src/runs/start-run.ts'

/** An app over services that only note what they are asked. */
export interface FakeApp {
  readonly app: Hono
  /** Every call of a service: its name, then its arguments. */
  readonly calls: unknown[][]
  /** Every line that was logged as an error. */
  readonly errors: { fields: object; message: string }[]
}

/** What every fake service answers. */
export const answer = '{"fake":true}'

export function createFakeApp({
  services = {},
  passThrough = { forward: async () => new Response('{}') },
  health = { ok: true },
  internal = null,
  options,
}: {
  services?: { [Kind in keyof Services]?: Partial<Services[Kind]> }
  passThrough?: PassThrough
  health?: Health
  internal?: InternalParts | null
  options?: AppOptions
} = {}): FakeApp {
  const calls: unknown[][] = []
  const errors: FakeApp['errors'] = []
  const note =
    <Answer>(name: string, value: Answer) =>
    async (...given: unknown[]) => {
      calls.push([name, ...given])
      return value
    }
  const all = (kind: string, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, note(`${kind}.${name}`, answer)]))
  const started = fakeRun([{ event: 'done', data: '[DONE]' }])
  const fakes = {
    assistants: all('assistants', ['create', 'get', 'list', 'modify', 'remove']),
    threads: all('threads', ['create', 'get', 'modify', 'remove']),
    messages: all('messages', ['create', 'list', 'get', 'modify', 'remove', 'citations']),
    runs: {
      ...all('runs', ['get', 'list', 'modify', 'cancel', 'listSteps', 'getStep']),
      create: note('runs.create', started),
      createWithThread: note('runs.createWithThread', started),
      submitToolOutputs: note('runs.submitToolOutputs', started),
    },
    files: all('files', ['create', 'list', 'get', 'remove', 'content']),
    uploads: all('uploads', ['create', 'addPart', 'complete', 'cancel']),
    vectorStores: all('vectorStores', ['create', 'list', 'get', 'modify', 'remove', 'search']),
    vectorStoreFiles: all('vectorStoreFiles', ['create', 'list', 'get', 'modify', 'remove', 'content']),
    fileBatches: all('fileBatches', ['create', 'get', 'cancel', 'listFiles']),
    models: all('models', ['list', 'get', 'remove']),
  }
  const kinds = Object.entries(fakes).map(([kind, fake]) => [kind, { ...fake, ...Reflect.get(services, kind) }])
  const quiet = () => {}
  const app = createApp({
    api: { services: Object.fromEntries(kinds), passThrough },
    internal,
    health: () => health,
    log: { debug: quiet, info: quiet, warn: quiet, error: (fields, message) => void errors.push({ fields, message }) },
    ...(options && { options }),
  })
  return { app, calls, errors }
}

/** A run that says these events. */
export function fakeRun(events: Iterable<StreamEvent> | AsyncIterable<StreamEvent>): StartedRun {
  return {
    run: answer,
    async *events() {
      yield* events
    },
  }
}

/** A delta of a message, as a run says it for every token. */
export function tokenEvent(value: string): StreamEvent {
  const content = [{ index: 0, type: 'text' as const, text: { value } }]
  return { event: 'thread.message.delta', data: { id: 'msg_1', object: 'thread.message.delta', delta: { content } } }
}

/** A request with a JSON body. */
export function posting(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: toText(body) }
}
