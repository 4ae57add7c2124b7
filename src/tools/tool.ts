import type { Run } from '../api/run.ts'
import type { CodeOutput, ToolCall } from '../api/run-step.ts'
import type { Attributes } from '../api/vector-store.ts'
import type { PlacedFile } from '../interpreter/placed-files.ts'
import type { ModelTool } from '../ports/model.ts'
import type { Chunk } from '../ports/search.ts'
import type { Transaction } from '../ports/store.ts'
import type { InputReader } from './code-arguments.ts'

/** A tool that the server runs itself, as the run engine sees it. */
export interface ServerTool {
  readonly type: 'file_search' | 'code_interpreter'
  /** What the model is offered in this run; undefined when the run does not have the tool. */
  offer(run: Run, materials: RunMaterials): ModelTool | undefined
  /** Reads what the call's step shows while the model still writes the arguments; without it nothing is shown so early. */
  readonly readInput?: () => InputReader
  /** The call as its step shows it before anything has come of it. */
  begin(call: ServerCall, run: Run): ToolCall
  /** Carries the call out. Rejects with the signal's reason once it is aborted. */
  carryOut(call: ServerCall, context: ToolContext): Promise<ToolResult>
}

/** What the model asked for. */
export interface ServerCall {
  readonly id: string
  /** The model's own text, JSON or not. */
  readonly arguments: string
}

/** What a run has to work on. */
export interface RunMaterials {
  /** The stores of the assistant, the run and the thread. */
  readonly vector_store_ids: readonly string[]
  /** Files that are still being ingested, and so cannot be found yet. */
  readonly pendingFiles: number
  /** What lies before the code of this run when it begins. */
  readonly files: readonly PlacedFile[]
}

export interface ToolContext extends RunMaterials {
  readonly project: string
  readonly run: Run
  /** The number of this result, by which its passages are cited. */
  readonly position: number
  /** Shows a part of what comes of the call at once; logs that follow logs continue them. */
  readonly show: (output: CodeOutput) => void
  /** Asked in every transaction of the call itself: rejects when the run goes on elsewhere. */
  readonly hold: (tx: Transaction) => Promise<void>
  readonly signal: AbortSignal
}

export interface ToolResult {
  /** The call as its step records it, with everything that `include[]` can ask for; without it, as it was shown. */
  readonly call?: ToolCall
  /** What the model reads. */
  readonly output: string
  /** What the model can cite of it, by their numbers. */
  readonly passages: readonly Passage[]
  /** Images that the next message of the run shows, by their file ids. */
  readonly images: readonly string[]
  /** Files that came of it, to which the model can link. */
  readonly files: readonly PlacedFile[]
  /** What has to be written in the transaction that ends the step. */
  readonly save?: (tx: Transaction) => Promise<void>
}

/** A passage of a file that an answer can point at. */
export interface Passage {
  readonly file_id: string
  readonly filename: string
  readonly vector_store_id: string
  readonly attributes: Attributes
  /** Its place among the passages of the file, counted from 0. */
  readonly index: number
  readonly chunk: Chunk
  readonly score: number
}
