import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

const object = z.record(z.string(), z.unknown())

const leg = z.object({
  events: z.array(z.object({ event: z.string(), data: object })),
  texts: z.array(z.string()),
  texts_done: z.array(z.string()),
  arguments: z.array(z.string()),
  messages_done: z.int(),
  steps_done: z.int(),
  ended: z.int(),
  exceptions: z.array(z.string()),
  final_messages: z.array(object),
  final_steps: z.array(object),
})
/** What one stream told a handler. */
export type Leg = z.infer<typeof leg>

const played = z.object({
  scenario: z.string(),
  legs: z.array(leg),
  run: object,
  steps: z.array(object),
  messages: z.array(object),
})

const report = z.object({
  resources: object,
  streams: z.array(played),
  cancelled: played,
  async_streams: z.array(played.omit({ steps: true, messages: true })),
  text_deltas: object,
})
/** What the Python program saw. */
export type Report = z.infer<typeof report>

/** `held` is on a server of its own, where the model stops once it has said `text`. */
export interface SceneInput {
  readonly base_url: string
  /** With `code`, the assistant has the code interpreter too. */
  readonly scenarios: readonly { readonly name: string; readonly code: boolean }[]
  readonly held: { readonly base_url: string; readonly scenario: string; readonly text: string }
}

/** Runs `scene.py`, a minute at the most. The client warns of the API's deprecation with every call: nobody reads it. */
export async function playScene(python: string, input: SceneInput): Promise<Report> {
  const program = spawn(python, ['-B', '-W', 'ignore', join(import.meta.dirname, 'scene.py')], { timeout: 60_000 })
  program.stdin.end(JSON.stringify(input))
  const [output, complaint] = await Promise.all([text(program.stdout), text(program.stderr)])
  if (output === '') throw new Error(`scene.py: ${complaint}`)
  return report.parse(JSON.parse(output))
}
