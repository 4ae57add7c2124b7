import type { Assistant } from '../api/assistant.ts'
import { badRequest } from '../api/error.ts'
import type { CreateRunRequest, CreateThreadAndRunRequest, Run, TruncationStrategy } from '../api/run.ts'
import type { Tool, ToolResources } from '../api/tool.ts'
import { normalizeTools } from '../resources/tool-echo.ts'

/** What both ways of creating a run have in common, and what only the one on an existing thread has. */
export type RunRequest = CreateThreadAndRunRequest & Pick<CreateRunRequest, 'additional_instructions'>

/** What this server can do for runs. */
export interface Available {
  /** For people: `reason` is a clause, `advice` a sentence. */
  readonly codeInterpreter:
    | { readonly ok: true }
    | { readonly ok: false; readonly reason: string; readonly advice: string }
}

interface Birth {
  id: string
  thread_id: string
  now: number
  /** Seconds that the whole run may take, waiting included. */
  expiresAfter: number
  /** Those given with the run itself, every id in them known to exist. */
  tool_resources: ToolResources
  available: Available
}

/**
 * A queued run: a copy of what the assistant says, with what the request puts in its place. Changing or deleting the
 * assistant afterwards does not touch it. Throws `ApiError` for tools that this server does not have.
 */
export function newRun(assistant: Assistant, request: RunRequest, birth: Birth): Run {
  const tools = request.tools ? normalizeTools(request.tools) : assistant.tools
  requireTools(tools, birth.available)
  return {
    id: birth.id,
    object: 'thread.run',
    created_at: birth.now,
    assistant_id: assistant.id,
    thread_id: birth.thread_id,
    status: 'queued',
    started_at: null,
    expires_at: birth.now + birth.expiresAfter,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    model: request.model ?? assistant.model,
    instructions: instructions(assistant, request),
    tools,
    tool_resources: birth.tool_resources,
    metadata: request.metadata ?? {},
    temperature: request.temperature ?? assistant.temperature,
    top_p: request.top_p ?? assistant.top_p,
    reasoning_effort: request.reasoning_effort ?? assistant.reasoning_effort,
    max_completion_tokens: request.max_completion_tokens ?? null,
    max_prompt_tokens: request.max_prompt_tokens ?? null,
    truncation_strategy: truncation(request.truncation_strategy),
    incomplete_details: null,
    usage: null,
    response_format: request.response_format ?? assistant.response_format,
    tool_choice: request.tool_choice ?? 'auto',
    parallel_tool_calls: request.parallel_tool_calls ?? true,
  }
}

function instructions(assistant: Assistant, request: RunRequest): string {
  const parts = [request.instructions ?? assistant.instructions, request.additional_instructions]
  return parts.filter((part) => part).join('\n\n')
}

function truncation(given: RunRequest['truncation_strategy']): TruncationStrategy {
  return { type: given?.type ?? 'auto', last_messages: given?.last_messages ?? null }
}

/** Refuses at once what could only fail later: the client hears it where it can do something about it. */
function requireTools(tools: readonly Tool[], { codeInterpreter }: Available): void {
  if (codeInterpreter.ok || !tools.some((tool) => tool.type === 'code_interpreter')) return
  throw badRequest(
    `The tool 'code_interpreter' is not available on this server: ${codeInterpreter.reason}. ${codeInterpreter.advice} Until then, run the assistant with its other tools, for example by giving 'tools' with the run.`,
    { param: 'tools', code: 'unsupported_tool' },
  )
}
