import type { ModelPart, ModelRequest } from '../../ports/model.ts'
import { sampleArguments } from './sample-arguments.ts'
import type { ScriptedCall } from './script-file.ts'
import type { Match } from './script-rules.ts'
import type { Scene } from './script-scene.ts'

type Spoken = Exclude<ModelPart, { type: 'usage' | 'finish' }>

/** What a rule's reply says, token by token, without usage and `finish`. */
export function* sayReply(match: Match, scene: Scene, request: ModelRequest): Generator<Spoken> {
  const { reply } = match.rule
  const fill = filler(match, scene)
  for (let time = 0; time < reply.repeat; time++)
    for (const text of tokensOf(fill(reply.text ?? ''))) yield { type: 'text-delta', text }
  for (const text of tokensOf(fill(reply.refusal ?? ''))) yield { type: 'refusal-delta', text }
  const calls = (reply.tool_calls ?? []).slice(0, request.parallel_tool_calls ? undefined : 1)
  for (const [index, call] of calls.entries()) yield* sayCall(call, index, { match, scene, fill })
}

function* sayCall(
  call: ScriptedCall,
  index: number,
  { match, scene, fill }: { match: Match; scene: Scene; fill: (text: string) => string },
): Generator<Spoken> {
  const name = fill(call.name)
  yield { type: 'tool-call', index, id: call.id ?? null, name }
  const tool = scene.offered.find((offered) => offered.name === name)
  const given = call.arguments ?? sampleArguments(tool?.parameters ?? {}, match.captures)
  const text = typeof given === 'string' ? fill(given) : JSON.stringify(fillAll(given, fill))
  for (const token of tokensOf(text)) yield { type: 'tool-call-delta', index, arguments: token }
}

/** Words with the white space around them; together they are the text. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+(\s+$)?|\s+$/g) ?? []
}

/**
 * Puts what was found in the place of `$1` and `{{…}}`. What refers to nothing stays as it is, so that a text may speak
 * of dollars and braces.
 */
function filler({ captures, tool }: Match, scene: Scene): (text: string) => string {
  const named: Record<string, string | undefined> = {
    ...captures,
    last_user_message: scene.lastUserMessage,
    tool_output: scene.toolOutputs.at(-1) ?? '',
    tool_outputs: scene.toolOutputs.join('\n'),
    model: scene.model,
    turn: String(scene.turn),
    tool: tool?.name,
  }
  return (text) => text.replace(/\$([1-9])|\{\{\s*(\w+)\s*\}\}/g, (whole, group, name) => named[group ?? name] ?? whole)
}

/** Fills every text within. */
function fillAll(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === 'string') return fill(value)
  if (Array.isArray(value)) return value.map((item) => fillAll(item, fill))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAll(item, fill)]))
}
