import { styleText } from 'node:util'
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants'
import type { RunStep } from 'openai/resources/beta/threads/runs/steps'

/** How long each step took, by when its events came: the API's own times are whole seconds. */
export function stopwatch() {
  const began = new Map<string, number>()
  const took = new Map<string, number>()

  function note({ event, data }: AssistantStreamEvent): void {
    if (event === 'thread.run.step.created') began.set(data.id, performance.now())
    if (event === 'thread.run.step.completed') took.set(data.id, performance.now() - (began.get(data.id) ?? 0))
  }

  return { note, millisecondsOf: (step: RunStep) => took.get(step.id) }
}

const columns = [
  { title: 'type', width: 18 },
  { title: 'status', width: 11 },
  { title: 'duration', width: 10 },
  { title: 'tokens (prompt + completion)', width: 30 },
  { title: 'what', width: 0 },
]

export function stepTable(steps: readonly RunStep[], { millisecondsOf }: ReturnType<typeof stopwatch>): string {
  const rows = steps.map((step) => [
    step.type,
    step.status,
    `${Math.round(millisecondsOf(step) ?? 0)} ms`,
    step.usage === null
      ? '-'
      : `${step.usage.total_tokens} (${step.usage.prompt_tokens} + ${step.usage.completion_tokens})`,
    contentsOf(step),
  ])
  const header = styleText('bold', line(columns.map(({ title }) => title)))
  return [header, ...rows.map(line)].map((text) => `  ${text}\n`).join('')
}

function line(cells: readonly string[]): string {
  return cells.map((cell, index) => cell.padEnd(columns[index]?.width ?? 0)).join('')
}

function contentsOf({ step_details: details }: RunStep): string {
  if (details.type === 'message_creation') return details.message_creation.message_id
  return details.tool_calls.map((call) => (call.type === 'function' ? call.function.name : call.type)).join(', ')
}
