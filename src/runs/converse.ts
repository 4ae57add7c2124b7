import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunLog } from '../ports/events.ts'
import type { ModelProvider } from '../ports/model.ts'
import type { Reader, StepRow, Transaction } from '../ports/store.ts'
import type { RunMaterials, ServerTool } from '../tools/tool.ts'
import { askModel } from './ask-model.ts'
import type { BegunRun } from './begin-run.ts'
import { callTools } from './call-tools.ts'
import type { ImageSource } from './model-messages.ts'
import type { OpenStep } from './open-step.ts'
import { type Outcome, outcomeOfReply } from './outcome.ts'
import { type RecordedTurn, writeHeldCalls } from './record-turn.ts'
import { runMaterials } from './run-materials.ts'
import type { WaitForFiles } from './searched-stores.ts'
import { carriedOut, unshownImages } from './step-details.ts'
import { noUsage } from './usage.ts'
import { createTurnWriter, type TurnWriter } from './write-turn.ts'

/** The number of the first result that a run can cite; the original's began there too. */
const firstPosition = 4

export interface ConversationParts {
  project: string
  provider: ModelProvider
  read: Reader
  serverTools: readonly ServerTool[]
  waitForFiles: WaitForFiles
  imageOf: ImageSource
  log: RunLog
  commit(work: (tx: Transaction) => Promise<void>): Promise<void>
  /** For transactions of tools: rejects when the run is no longer ours. */
  hold(tx: Transaction): Promise<void>
  newId: NewId
  now: Now
  signal: AbortSignal
}

/** The turns of a run, one after the other, for as long as the model only calls tools of the server. */
export interface Conversation {
  /** Rejects with `ModelFailure`, `StoreExpired`, or with the signal's reason. */
  hold(): Promise<Outcome>
  /** What the present turn has open. */
  open(): OpenStep | undefined
}

export function createConversation(begun: BegunRun, parts: ConversationParts): Conversation {
  const { run, details } = begun
  let writer: TurnWriter | undefined

  async function hold(): Promise<Outcome> {
    const materials = await runMaterials(run, details, parts)
    for (let { turn, steps } = begun; ; turn += 1) {
      writer = createTurnWriter({ ...parts, run, turn, images: unshownImages(steps) })
      const asked = await askModel({ ...parts, ...begun, materials, steps, turn, writer })
      if ('spent' in asked || isCut(asked)) return outcomeOfReply(asked, writer.open())
      const { serverCalls, functionCalls } = asked
      if (serverCalls.length > 0) await carryOut(asked, steps, materials, writer)
      await writeHeldCalls(writer, functionCalls)
      const goesOn = serverCalls.length > 0 && functionCalls.length === 0
      if (!goesOn) {
        const usage = serverCalls.length > 0 ? noUsage : asked.usage // the server's calls have the turn's already
        return outcomeOfReply({ ...asked, usage }, writer.open())
      }
      steps = await parts.read.steps.ofRun(run.id)
    }
  }

  async function carryOut(turn: RecordedTurn, steps: readonly StepRow[], materials: RunMaterials, writer: TurnWriter) {
    const { project, hold, signal } = parts
    const results = steps.reduce((count, step) => count + carriedOut(step).length, 0)
    await callTools(turn.serverCalls, turn.usage ?? noUsage, {
      ...parts,
      run,
      writer,
      context: { project, run, hold, signal, ...materials },
      firstPosition: firstPosition + results,
      full: details.full,
    })
  }

  return { hold, open: () => writer?.open() }
}

/** A reply that was cut off ends the run; its calls may be half and are not carried out. */
function isCut({ finish }: RecordedTurn): boolean {
  return finish === 'length' || finish === 'content_filter'
}
