import { badRequest } from '../api/error.ts'
import { fromText, toText } from '../api/json.ts'
import type { SubmitToolOutputsRequest, Usage } from '../api/run.ts'
import type { RunStep, ToolCall } from '../api/run-step.ts'
import type { Now } from '../lib/clock.ts'
import type { RunEvents } from '../ports/events.ts'
import type { StepRow, Store, Transaction } from '../ports/store.ts'
import { changeRun } from './change-run.ts'
import { endStep } from './open-step.ts'
import { requireRun } from './require-run.ts'
import { type RunJobs, type StartedRun, startRun, type WrittenRun } from './start-run.ts'
import { noUsage } from './usage.ts'

interface SubmitParts {
  store: Store
  events: RunEvents
  jobs: RunJobs
  now: Now
}

/**
 * `POST …/submit_tool_outputs`: completes the open step with all its outputs and queues the run again, in one
 * transaction. All or nothing: outputs for some of the calls, for others, or a second time are refused and change nothing.
 */
export function createToolOutputSubmission({ store, events, jobs, now }: SubmitParts) {
  return async function submitToolOutputs(
    project: string,
    thread_id: string,
    run_id: string,
    { tool_outputs, stream }: SubmitToolOutputsRequest,
  ): Promise<StartedRun> {
    async function write(tx: Transaction): Promise<WrittenRun> {
      const row = await requireRun(tx, thread_id, run_id)
      if (row.status !== 'requires_action') {
        throw badRequest(`Runs in status "${row.status}" do not accept tool outputs.`)
      }
      const step = await completeCalls(tx, await openStepOf(tx, run_id), tool_outputs, now())
      const run = await changeRun(tx, run_id, { status: 'queued', required_action: null })
      if (!run) throw new Error(`run ${run_id} changed inside its own transaction`)
      return {
        run,
        told: [
          { event: 'thread.run.step.completed', data: step },
          { event: 'thread.run.queued', data: run },
        ],
      }
    }
    const place = jobs.placeByPython && (await jobs.placeByPython(project, thread_id))
    return startRun({ store, events, jobs }, project, { followed: stream === true, place, write })
  }
}

async function openStepOf(tx: Transaction, run_id: string): Promise<StepRow> {
  const steps = await tx.steps.ofRun(run_id)
  const open = steps.find((step) => step.status === 'in_progress')
  if (!open) throw new Error(`run ${run_id} requires action but has no open step`)
  return open
}

async function completeCalls(
  tx: Transaction,
  row: StepRow,
  outputs: SubmitToolOutputsRequest['tool_outputs'],
  now: number,
): Promise<RunStep> {
  const open = fromText(row.body)
  const calls = open.step_details.type === 'tool_calls' ? open.step_details.tool_calls : []
  requireSameCalls(calls, outputs)
  const given = new Map(outputs.map(({ tool_call_id, output }) => [tool_call_id, output ?? '']))
  const tool_calls = calls.map((call) => withOutput(call, given.get(call.id)))
  const usage = row.usage === null ? noUsage : fromText<Usage>(row.usage)
  const details = { ...open, step_details: { type: 'tool_calls' as const, tool_calls } }
  const step = endStep(details, { status: 'completed', usage }, now)
  await tx.steps.update(row.id, { status: step.status, body: toText(step), usage: null })
  return step
}

function withOutput(call: ToolCall, output: string | undefined): ToolCall {
  return call.type === 'function' ? { ...call, function: { ...call.function, output: output ?? null } } : call
}

function requireSameCalls(calls: readonly ToolCall[], outputs: SubmitToolOutputsRequest['tool_outputs']): void {
  const expected = calls.filter((call) => call.type === 'function').map((call) => call.id)
  const got = outputs.map(({ tool_call_id }) => tool_call_id ?? '')
  if (got.length === expected.length && expected.every((id) => got.includes(id))) return
  throw badRequest(`Expected tool outputs for call_ids ${pythonList(expected)}, got ${pythonList(got)}`)
}

/** The original prints ids the way Python prints a list, and programs match on it. */
function pythonList(ids: readonly string[]): string {
  return `[${ids.map((id) => `'${id}'`).join(', ')}]`
}
