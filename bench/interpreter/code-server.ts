import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { call, closeLanes, type Lane, openLanes } from '../loader.ts'
import type { Program } from '../program.ts'
import type { Bench } from '../scenario.ts'
import { askToRun, modelOf } from '../script.ts'
import { startReprise } from '../server.ts'
import { openStream } from '../streams.ts'
import { cpuMillis, processesBelow } from './processes.ts'

/** The server under test with its code interpreter, driven by runs. */
export interface CodeServer extends AsyncDisposable {
  readonly program: Program
  newThread(): Promise<string>
  /** A run in a thread, followed to its end, in milliseconds. Throws unless the answer has what the code has to print. */
  run(thread: string, code: string, printed: string): Promise<number>
  /** The same of an assistant without tools, which says one word. */
  runPlain(thread: string): Promise<number>
  /** Resolves when nothing is being started or prepared in the background. */
  settled(): Promise<void>
  /** The processes of its sessions. */
  sessions(): number[]
}

const script = { tokens: 1, rate: 0 }
const settledMs = 400

export async function startCodeServer(
  { entry, newFolder }: Pick<Bench, 'entry' | 'newFolder'>,
  { upstream, settings = {} }: { upstream: Program; settings?: Readonly<Record<string, string>> },
): Promise<CodeServer> {
  const environment = { REPRISE_SANDBOX: 'bubblewrap', ...settings }
  const program = await startReprise({ entry, dataFolder: newFolder(), upstream, environment })
  const lanes = openLanes(program.origin, 1)
  const lane = firstOf(lanes)
  const pool = new Pool(program.origin, { connections: 100, pipelining: 1 })
  const plain = await newAssistant(lane, [])
  const coder = await newAssistant(lane, [{ type: 'code_interpreter' }])

  async function listen(thread: string, assistant_id: string, asked: string) {
    const body = JSON.stringify({
      assistant_id,
      additional_messages: [{ role: 'user', content: asked }],
      truncation_strategy: { type: 'last_messages', last_messages: 1 }, // as much for the last run as for the first
      stream: true,
    })
    return openStream(pool, { method: 'POST', path: `/v1/threads/${thread}/runs`, body }).finished
  }
  async function newThread() {
    return (await call<{ id: string }>(lane, { method: 'POST', path: '/v1/threads', body: '{}' })).id
  }
  async function run(thread: string, code: string, printed: string) {
    const { text, total } = await listen(thread, coder, askToRun(code))
    if (!text.startsWith(printed)) throw new Error(`code printed ${text.slice(0, 500)}`)
    return total
  }
  async function runPlain(thread: string) {
    const { text, total } = await listen(thread, plain, 'Say a word.')
    if (text !== '0 ') throw new Error(`the answer was ${text}`)
    return total
  }
  async function settled() {
    for (let before = -1, now = used(); before !== now; now = used()) {
      before = now
      await sleep(settledMs)
    }
  }
  const sessions = () => processesBelow(program.pid)
  const used = () => cpuMillis(sessions())
  async function dispose() {
    await closeLanes(lanes)
    await pool.destroy()
    await program.stop()
  }
  return { program, newThread, run, runPlain, settled, sessions, [Symbol.asyncDispose]: dispose }
}

async function newAssistant(lane: Lane, tools: object[]): Promise<string> {
  const body = JSON.stringify({ model: modelOf(script), tools })
  return (await call<{ id: string }>(lane, { method: 'POST', path: '/v1/assistants', body })).id
}

function firstOf(lanes: Lane[]): Lane {
  const [lane] = lanes
  if (!lane) throw new Error('No connection')
  return lane
}
