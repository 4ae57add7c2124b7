import { toText } from '../api/json.ts'
import type { Message } from '../api/message.ts'
import type { Run } from '../api/run.ts'
import type { RunStep, StepDetails } from '../api/run-step.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { StepRow } from '../ports/store.ts'

/** A step at its birth: in progress, nothing known but what it is about. */
export function newStep(run: Run, { id, details, now }: { id: string; details: StepDetails; now: number }): RunStep {
  return {
    id,
    object: 'thread.run.step',
    created_at: now,
    run_id: run.id,
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    type: details.type,
    status: 'in_progress',
    cancelled_at: null,
    completed_at: null,
    expires_at: run.expires_at,
    expired_at: null,
    failed_at: null,
    last_error: null,
    step_details: details,
    metadata: {},
    usage: null,
  }
}

/** The assistant's message at its birth, still without content. */
export function newAssistantMessage(run: Run, { id, now }: { id: string; now: number }): Message {
  return {
    id,
    object: 'thread.message',
    created_at: now,
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    run_id: run.id,
    status: 'in_progress',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: null,
    role: 'assistant',
    content: [],
    attachments: [],
    metadata: {},
  }
}

export function stepRow(step: RunStep, turn: number): StepRow {
  const { id, thread_id, run_id, status } = step
  return { id, thread_id, run_id, status, turn, usage: null, full: null, details: null, body: toText(step) }
}

/** The two events that every step begins with, alike in content. */
export function stepOpened(step: RunStep): StreamEvent[] {
  return [
    { event: 'thread.run.step.created', data: step },
    { event: 'thread.run.step.in_progress', data: step },
  ]
}

export function messageOpened(message: Message): StreamEvent[] {
  return [
    { event: 'thread.message.created', data: message },
    { event: 'thread.message.in_progress', data: message },
  ]
}
