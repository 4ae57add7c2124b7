import { Pool } from 'undici'
import { startRelayFloor } from '../floors/floors.ts'
import { call, closeLanes, openLanes, type Request } from '../loader.ts'
import type { Program } from '../program.ts'
import type { Bench } from '../scenario.ts'
import { countTokens, modelOf, type Script } from '../script.ts'
import { startReprise } from '../server.ts'
import { openStream, type Stream, type StreamEnd } from '../streams.ts'

/** A program that streams a scripted answer, whichever way it has to be asked. */
export interface Speaker extends AsyncDisposable {
  readonly name: string
  readonly program: Program
  /** What was wrong with its answers; each kind of trouble once. */
  readonly problems: Set<string>
  open(onPiece?: (piece: string) => void): Stream
  /** Reads one answer to its end and checks it. Returns null when it was not what the upstream sent. */
  listen(onPiece?: (piece: string) => void): Promise<StreamEnd | null>
}

const messages = [{ role: 'user', content: 'Count, please.' }]

/** Asked by a chat completion: the upstream itself, or the byte pipe before it. */
export function chatSpeaker(name: string, program: Program, script: Script): Speaker {
  const options = { stream: true, stream_options: { include_usage: true } }
  const body = JSON.stringify({ model: modelOf(script), messages, ...options })
  return speaker(name, program, script, { method: 'POST', path: '/v1/chat/completions', body })
}

/** Asked by a run on a new thread: the translating relay, or the server under test. */
export async function runSpeaker(name: string, program: Program, script: Script): Promise<Speaker> {
  const lanes = openLanes(program.origin, 1)
  const [lane] = lanes
  if (!lane) throw new Error('No connection')
  const assistant = await call<{ id: string }>(lane, {
    method: 'POST',
    path: '/v1/assistants',
    body: JSON.stringify({ model: modelOf(script) }),
  })
  await closeLanes(lanes)
  const body = JSON.stringify({ assistant_id: assistant.id, thread: { messages }, stream: true })
  return speaker(name, program, script, { method: 'POST', path: '/v1/threads/runs', body })
}

/** The server under test; in a self check the translating relay once more. */
export async function startRunner({ self, entry, newPlace }: Bench, upstream: Program): Promise<Program> {
  return self ? startRelayFloor(upstream) : startReprise({ entry, upstream, ...(await newPlace()) })
}

function speaker(name: string, program: Program, script: Script, request: Request): Speaker {
  const pool = new Pool(program.origin, { connections: 2000, pipelining: 1 })
  const problems = new Set<string>()
  const open = (onPiece?: (piece: string) => void) => openStream(pool, request, onPiece)
  async function listen(onPiece?: (piece: string) => void) {
    const end = await open(onPiece).finished.catch((error: Error) => {
      problems.add(`${name}: ${error.message}`)
      return null
    })
    if (!end || countTokens(end.text) === script.tokens) return end
    problems.add(`${name}: an answer has not the ${script.tokens} tokens that were sent`)
    return null
  }
  return { name, program, problems, open, listen, [Symbol.asyncDispose]: () => pool.destroy() }
}
