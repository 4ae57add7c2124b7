import { notFound } from '../api/error.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { ListQuery } from '../api/list.ts'
import type { ModifyRunRequest, Run } from '../api/run.ts'
import type { Include, RunStep } from '../api/run-step.ts'
import type { Store } from '../ports/store.ts'
import { sendList } from '../resources/list-envelope.ts'
import { mergeMetadata } from '../resources/metadata.ts'
import { requireRun } from './require-run.ts'

/** What a step is to show beyond its usual fields; there is one thing that can be asked for. */
export interface StepView {
  readonly include: readonly Include[]
}

/** Reading runs and their steps, and the one thing about a run that can be changed at any time. */
export function createRuns({ store }: { store: Store }) {
  async function get(project: string, thread_id: string, run_id: string): Promise<JsonText<Run>> {
    return (await requireRun(store.read(project), thread_id, run_id)).body
  }

  function list(project: string, thread_id: string, query: ListQuery): Promise<string> {
    const read = store.read(project)
    return sendList(read.runs.list({ thread_id }, query), async () => {
      if (!(await read.threads.get(thread_id))) throw notFound('thread', thread_id)
    })
  }

  /** Only metadata, in any status: who executes the run meanwhile keeps what is written here. */
  async function modify(
    project: string,
    thread_id: string,
    run_id: string,
    { metadata }: ModifyRunRequest,
  ): Promise<JsonText<Run>> {
    return store.transaction(project, async (tx) => {
      const row = await requireRun(tx, thread_id, run_id)
      const run = fromText(row.body)
      const body = toText({ ...run, metadata: mergeMetadata(run.metadata, metadata) })
      const { status, expires_at } = row
      await tx.runs.transition(run_id, { from: [status], to: status, body, expires_at })
      return body
    })
  }

  async function listSteps(
    project: string,
    thread_id: string,
    run_id: string,
    { include, ...page }: ListQuery & StepView,
  ): Promise<string> {
    await get(project, thread_id, run_id)
    return sendList(store.read(project).steps.list({ run_id }, page, { full: include.length > 0 }))
  }

  async function getStep(
    project: string,
    thread_id: string,
    run_id: string,
    step_id: string,
    { include }: StepView,
  ): Promise<JsonText<RunStep>> {
    await get(project, thread_id, run_id)
    const row = await store.read(project).steps.get(step_id)
    if (row?.run_id !== run_id) throw notFound('run step', step_id)
    return include.length > 0 ? (row.full ?? row.body) : row.body
  }

  return { get, list, modify, listSteps, getStep }
}
