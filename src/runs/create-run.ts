import type { Assistant } from '../api/assistant.ts'
import { badRequest, notFound } from '../api/error.ts'
import { fromText, toText } from '../api/json.ts'
import type { CreateRunRequest, CreateThreadAndRunRequest, Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { KeptPlace } from '../jobs/hand-over.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunEvents } from '../ports/events.ts'
import type { Store, Transaction } from '../ports/store.ts'
import { insertMessages } from '../resources/new-message.ts'
import { insertThread } from '../resources/new-thread.ts'
import { requireModel } from '../resources/require-model.ts'
import { mergeToolResources } from '../resources/tool-resources.ts'
import { type Available, newRun, type RunRequest } from './new-run.ts'
import { runDetails } from './run-details.ts'
import type { StepView } from './runs.ts'
import { type RunJobs, type StartedRun, startRun, type WrittenRun } from './start-run.ts'

interface CreateRunParts {
  store: Store
  events: RunEvents
  jobs: RunJobs
  acceptsModel: (model: string) => boolean
  newId: NewId
  now: Now
  /** Seconds from creation to expiry. */
  expiresAfter: number
  available: Available
  /** The id of this node, where there are several. */
  node: string | undefined
}

/**
 * The two ways to create a run. Each is one transaction of the run, its job and everything that comes with it: of two
 * creations at once on a thread, one wins and the other is refused.
 */
export function createRunCreation(parts: CreateRunParts) {
  const { store, events, jobs, acceptsModel, newId, now, expiresAfter, available, node } = parts

  /** `POST /threads/{thread_id}/runs`. */
  async function create(
    project: string,
    thread_id: string,
    request: CreateRunRequest,
    { include }: StepView = { include: [] },
  ): Promise<StartedRun> {
    const assistant = await assistantOf(project, request.assistant_id)
    const { placeByPython } = jobs
    const place = placeByPython && usesPython(assistant, request) ? await placeByPython(project, thread_id) : undefined
    return begin(project, { ...request, place }, async (tx) => {
      if (!(await tx.threads.lock(thread_id))) throw notFound('thread', thread_id)
      await refuseSecondRun(tx, thread_id)
      await insertMessages(tx, thread_id, request.additional_messages ?? [], { newId, now, at: 'additional_messages' })
      const run = await insertRun(tx, thread_id, assistant, request, { full: include.length > 0 })
      return { run, first: [] }
    })
  }

  /** `POST /threads/runs`. */
  async function createWithThread(project: string, request: CreateThreadAndRunRequest): Promise<StartedRun> {
    const assistant = await assistantOf(project, request.assistant_id)
    return begin(project, { ...request, place: undefined }, async (tx) => {
      const { thread } = await insertThread(tx, request.thread ?? {}, { newId, now, at: 'thread.' })
      const run = await insertRun(tx, thread.id, assistant, request, { full: false })
      return { run, first: [{ event: 'thread.created', data: thread }] }
    })
  }

  async function assistantOf(project: string, id: string): Promise<Assistant> {
    const row = await store.read(project).assistants.get(id)
    if (!row) throw notFound('assistant', id)
    return fromText(row.body)
  }

  async function insertRun(
    tx: Transaction,
    thread_id: string,
    assistant: Assistant,
    request: RunRequest,
    { full }: { full: boolean },
  ): Promise<Run> {
    const tool_resources = await mergeToolResources(tx, {}, request.tool_resources)
    const birth = { id: newId('run'), thread_id, now: now(), expiresAfter, tool_resources, available }
    const run = newRun(assistant, request, birth)
    requireModel(run.model, acceptsModel)
    const { id, status, expires_at } = run
    const resources = [assistant.tool_resources, tool_resources]
    const follower = request.stream === true ? node : undefined
    const details = runDetails({ full, resources, ...(follower !== undefined && { follower }) })
    await tx.runs.insert({ id, thread_id, status, expires_at, details, body: toText(run) })
    return run
  }

  function begin(
    project: string,
    { stream, place }: Pick<RunRequest, 'stream'> & { place: KeptPlace | undefined },
    insert: (tx: Transaction) => Promise<{ run: Run; first: StreamEvent[] }>,
  ): Promise<StartedRun> {
    async function write(tx: Transaction): Promise<WrittenRun> {
      const { run, first } = await insert(tx)
      const told: StreamEvent[] = [
        { event: 'thread.run.created', data: run },
        { event: 'thread.run.queued', data: run },
      ]
      return { run, told: [...first, ...told] }
    }
    return startRun({ store, events, jobs }, project, { followed: stream === true, place, write })
  }

  return { create, createWithThread }
}

function usesPython(assistant: Assistant, { tools }: RunRequest): boolean {
  return (tools ?? assistant.tools).some(({ type }) => type === 'code_interpreter')
}

async function refuseSecondRun(tx: Transaction, thread_id: string): Promise<void> {
  const active = await tx.runs.activeOn(thread_id)
  if (active) throw badRequest(`Thread ${thread_id} already has an active run ${active.id}.`)
}
