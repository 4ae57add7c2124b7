import { Pool } from 'undici'
import { call, closeLanes, openLanes } from '../loader.ts'
import type { Program } from '../program.ts'
import { countTokens, modelOf, type Script } from '../script.ts'
import { openStream } from '../streams.ts'

/** Runs on threads that are there already, streamed to their end and checked. */
export interface Runner extends AsyncDisposable {
  /** What was wrong with the answers; each kind of trouble once. */
  readonly problems: Set<string>
  /** Resolves with how many milliseconds it took. */
  run(thread: string): Promise<number>
}

export async function openRunner(program: Program, script: Script): Promise<Runner> {
  const assistant_id = await createAssistant(program, { model: modelOf(script) })
  const body = JSON.stringify({ assistant_id, stream: true })
  const pool = new Pool(program.origin, { connections: 64, pipelining: 1 })
  const problems = new Set<string>()
  async function run(thread: string): Promise<number> {
    const { finished } = openStream(pool, { method: 'POST', path: `/v1/threads/${thread}/runs`, body })
    const { text, total } = await finished
    if (countTokens(text) !== script.tokens)
      problems.add(`an answer has not the ${script.tokens} tokens that were sent`)
    return total
  }
  return { problems, run, [Symbol.asyncDispose]: () => pool.destroy() }
}

export async function createAssistant(program: Program, parameters: object): Promise<string> {
  const lanes = openLanes(program.origin, 1)
  const [lane] = lanes
  if (!lane) throw new Error('No connection')
  const body = JSON.stringify(parameters)
  const { id } = await call<{ id: string }>(lane, { method: 'POST', path: '/v1/assistants', body })
  await closeLanes(lanes)
  return id
}
