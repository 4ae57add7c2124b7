import { fromText } from '../api/json.ts'
import type { Run, Usage } from '../api/run.ts'
import type { ToolChoice } from '../api/tool.ts'
import type { NewId } from '../lib/id.ts'
import { ModelFailure, type ModelProvider, type ModelRequest, type ModelTool } from '../ports/model.ts'
import type { Reader, StepRow } from '../ports/store.ts'
import type { Passage, ServerTool } from '../tools/tool.ts'
import type { BegunRun } from './begin-run.ts'
import { buildPrompt, type Prompt } from './build-prompt.ts'
import type { ImageSource } from './model-messages.ts'
import { type RecordedTurn, recordTurn } from './record-turn.ts'
import { carriedOut } from './step-details.ts'
import { sumUsage } from './usage.ts'
import type { TurnWriter } from './write-turn.ts'

/** Tokens a prompt may take where nobody told us the model's window. */
const assumedWindow = 128_000
/** After so many prompts that were too long the upstream is believed. */
const maxShrinks = 6

interface AskParts extends BegunRun {
  provider: ModelProvider
  serverTools: readonly ServerTool[]
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
  const { run, steps, provider, writer } = parts
  const left = budgetLeft(run, sumUsage(steps.flatMap((step) => fromText(step.body).usage ?? [])))
  if (left.completion !== null && left.completion <= 0) return { spent: 'max_completion_tokens' }
  const offered = offeredTools(run, parts.serverTools)
  const tools = [...offered.keys()]
  const serverTools = new Map([...offered].flatMap(([{ name }, tool]) => (tool ? [[name, tool] as const] : [])))
  const serverNames = new Map([...serverTools].map(([name, { type }]) => [type as string, name]))
  let budget = Math.min(left.prompt, provider.contextWindow(run.model) ?? assumedWindow)
  for (let shrinks = 0; ; shrinks++) {
    const prompt = await buildPrompt({ ...parts, tools, budget })
    if (!prompt) return { spent: 'max_prompt_tokens' }
    const request = requestOf(parts, { prompt, tools, maxCompletion: left.completion, serverNames })
    try {
      const reply = provider.stream(request, { signal: parts.signal })
      const { parallel_tool_calls: parallel } = run
      return await recordTurn(reply, { writer, parallel, serverTools, passageAt: citable(steps), newId: parts.newId })
    } catch (error) {
      if (!isTooLong(error) || writer.open() || shrinks === maxShrinks || !canShrink(run, prompt)) throw error
      budget = Math.floor(prompt.tokens / 2)
    }
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof ModelFailure && error.code === 'context_length_exceeded'
}

function canShrink(run: Run, prompt: Prompt): boolean {
  return run.truncation_strategy.type === 'auto' && prompt.messages.length > 1
}

/** Both budgets count over all model calls of the run. */
function budgetLeft(run: Run, used: Usage): { prompt: number; completion: number | null } {
  const { max_prompt_tokens, max_completion_tokens } = run
  return {
    prompt: max_prompt_tokens === null ? Number.POSITIVE_INFINITY : max_prompt_tokens - used.prompt_tokens,
    completion: max_completion_tokens === null ? null : max_completion_tokens - used.completion_tokens,
  }
}

/** What the model can call: the client's functions, and the server's own tools with who carries them out. */
function offeredTools(run: Run, serverTools: readonly ServerTool[]): Map<ModelTool, ServerTool | undefined> {
  const offered = new Map<ModelTool, ServerTool | undefined>()
  if (run.tool_choice === 'none') return offered
  for (const tool of run.tools) {
    if (tool.type !== 'function') continue
    const { name, description, parameters = { type: 'object', properties: {} }, strict } = tool.function
    offered.set({ name, description, parameters, strict: strict ?? false }, undefined)
  }
  const taken = new Set([...offered.keys()].map(({ name }) => name))
  for (const tool of serverTools) {
    const offer = tool.offer(run)
    if (!offer) continue
    // A function of the client may have the same name; then ours gives way.
    let { name } = offer
    while (taken.has(name)) name = `_${name}`
    offered.set({ ...offer, name }, tool)
  }
  return offered
}

/** Finds what a marker points at among everything that this run has read so far. */
function citable(steps: readonly StepRow[]): (position: number, index: number) => Passage | undefined {
  const results = new Map(steps.flatMap(carriedOut).map(({ position, passages }) => [position, passages]))
  return (position, index) => results.get(position)?.[index]
}

interface Asking {
  prompt: Prompt
  tools: ModelTool[]
  maxCompletion: number | null
  /** The names of the server's tools by their kind. */
  serverNames: ReadonlyMap<string, string>
}

function requestOf({ run, turn }: AskParts, { prompt, tools, maxCompletion, serverNames }: Asking): ModelRequest {
  const { model, parallel_tool_calls, response_format, temperature, top_p, reasoning_effort, thread_id } = run
  return {
    model,
    messages: prompt.messages,
    tools,
    tool_choice: chosenTool(run.tool_choice, turn, serverNames),
    parallel_tool_calls,
    response_format,
    temperature,
    top_p,
    reasoning_effort,
    max_completion_tokens: maxCompletion,
    thread_id,
  }
}

/** A forced call is forced on the run's first turn only: asked again and again, the run would never end. */
function chosenTool(
  choice: ToolChoice,
  turn: number,
  serverNames: ReadonlyMap<string, string>,
): ModelRequest['tool_choice'] {
  if (typeof choice === 'string') return choice === 'required' && turn > 0 ? 'auto' : choice
  if (turn > 0) return 'auto'
  if (choice.type === 'function') return choice.function ? { function: choice.function.name } : 'auto'
  const name = serverNames.get(choice.type)
  return name === undefined ? 'auto' : { function: name }
}
