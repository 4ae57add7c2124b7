import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { json } from '../support/json.ts'

const call = z.object({ operation: z.string(), request_id: z.string(), type: z.string(), decoded: json })
/** One operation: the Ruby class that its reply became, and what that class says it holds. */
export type Call = z.infer<typeof call>

const outcome = z.union([
  z.strictObject({ decoded: json }),
  z.strictObject({ raised: z.string() }),
  z.strictObject({ status: z.int(), error: json }),
])

const report = z.object({
  calls: z.array(call),
  hasty: z.array(call),
  no_model: outcome,
  no_assistant: outcome,
  no_ids: outcome,
  altered: z.record(z.string(), outcome),
})
/** What the Ruby program saw. */
export type Report = z.infer<typeof report>

/** Where the servers are, and which altered replies to ask for: name and what it is about. */
export interface SceneInput {
  readonly server: string
  readonly hasty: string
  readonly alterations: Readonly<Record<string, string>>
}

/** Runs `scene.rb` with the client in `library`, a minute at the most. */
export async function playScene(ruby: string, library: string, input: SceneInput): Promise<Report> {
  const program = spawn(ruby, ['-I', library, join(import.meta.dirname, 'scene.rb')], { timeout: 60_000 })
  program.stdin.end(JSON.stringify(input))
  const [output, complaint] = await Promise.all([text(program.stdout), text(program.stderr)])
  if (output === '') throw new Error(`scene.rb: ${complaint}`)
  return report.parse(JSON.parse(output))
}
