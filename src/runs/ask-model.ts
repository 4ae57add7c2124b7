import { fromText } from '../api/json.ts'
import type { Run, Usage } from '../api/run.ts'
import type { NewId } from '../lib/id.ts'
import { ModelFailure, type ModelProvider, type ModelTool } from '../ports/model.ts'
import type { Reader, StepRow } from '../ports/store.ts'
import type { Passage, RunMaterials, ServerTool } from '../tools/tool.ts'
import type { BegunRun } from './begin-run.ts'
import { buildPrompt, type Prompt } from './build-prompt.ts'
import type { ImageSource } from './model-messages.ts'
import { modelRequest, offeredTools } from './model-request.ts'
import { type RecordedTurn, recordTurn } from './record-turn.ts'
import { carriedOut } from './step-details.ts'
import { sumUsage } from './usage.ts'
import type { TurnWriter } from './write-turn.ts'

/** Tokens that prompt and reply may have where nobody told us the model's window. */
const assumedWindow = 128_000

interface AskParts extends BegunRun {
  provider: ModelProvider
  serverTools: readonly ServerTool[]
  materials: RunMaterials
  read: Pick<Reader, 'messages'>
  imageOf: ImageSource
  writer: TurnWriter
  newId: NewId
  signal: AbortSignal
}

/** What came of asking: the turn is recorded, or there was no budget left to ask with. */
export type Asked = RecordedTurn | { readonly spent: 'max_prompt_tokens' | 'max_completion_tokens' }

/**
 * Asks the model for the run's next turn, within what is left of the run's token budgets, and records the reply.
 * A prompt that the upstream finds too long is sent again with half of the room, as truncation `auto` promises.
 * Rejects with `ModelFailure`, or with the signal's reason.
 */
export async function askModel(parts: AskParts): Promise<Asked> {
  const { run, turn, provider, writer, newId, signal } = parts
  const left = budgetLeft(parts)
  if (left.completion !== null && left.completion <= 0) return { spent: 'max_completion_tokens' }
  const { tools, serverTools } = offeredTools(run, parts.serverTools, parts.materials)
  const budget = Math.min(left.prompt, promptRoom(provider.contextWindow(run.model) ?? assumedWindow, left.completion))
  let prompt = await buildPrompt({ ...parts, tools, budget })
  if (prompt.fixed >= left.prompt) return { spent: 'max_prompt_tokens' }
  for (;;) {
    const { messages } = prompt
    const request = modelRequest(run, { turn, messages, tools, serverTools, maxCompletion: left.completion })
    try {
      return await recordTurn(provider.stream(request, { signal }), {
        run,
        writer,
        parallel: run.parallel_tool_calls,
        serverTools,
        passageAt: citable(parts.steps),
        files: linkable(parts),
        newId,
      })
    } catch (error) {
      const smaller = isTooLong(error) && !writer.open() ? await shrink(parts, tools, prompt) : undefined
      if (!smaller) throw error
      prompt = smaller
    }
  }
}

/** Finds what a marker points at among everything that this run has read so far. */
function citable(steps: readonly StepRow[]): (position: number, index: number) => Passage | undefined {
  const results = new Map(steps.flatMap(carriedOut).map(({ position, passages }) => [position, passages]))
  return (position, index) => results.get(position)?.[index]
}

/** Every file to which the model can link, by its path: what was there when the run began, and what its code wrote. */
function linkable({ materials, steps }: AskParts): ReadonlyMap<string, string> {
  const written = steps.flatMap(carriedOut).flatMap(({ files }) => files)
  return new Map([...materials.files, ...written].map(({ path, file_id }) => [path, file_id]))
}

function isTooLong(error: unknown): boolean {
  return error instanceof ModelFailure && error.code === 'context_length_exceeded'
}

/** Undefined when the run does not want it, or nothing can be left out any more. */
async function shrink(parts: AskParts, tools: readonly ModelTool[], { tokens }: Prompt): Promise<Prompt | undefined> {
  if (parts.run.truncation_strategy.type !== 'auto') return undefined
  const smaller = await buildPrompt({ ...parts, tools, budget: Math.floor(tokens / 2) })
  return smaller.tokens < tokens ? smaller : undefined
}

/** Both budgets count over all model calls of the run. */
function budgetLeft({ run, steps }: { run: Run; steps: BegunRun['steps'] }): {
  prompt: number
  completion: number | null
} {
  const { max_prompt_tokens, max_completion_tokens } = run
  const used: Usage = sumUsage(steps.flatMap((step) => fromText(step.body).usage ?? []))
  return {
    prompt: max_prompt_tokens === null ? Number.POSITIVE_INFINITY : max_prompt_tokens - used.prompt_tokens,
    completion: max_completion_tokens === null ? null : max_completion_tokens - used.completion_tokens,
  }
}

/** What a model's window leaves for the prompt: the reply gets what the run allows it, up to a quarter. */
function promptRoom(window: number, maxCompletion: number | null): number {
  const quarter = Math.floor(window / 4)
  return window - Math.min(maxCompletion ?? quarter, quarter)
}
