import { z } from 'zod'
import { parseYaml, readYamlFile } from './yaml-file.ts'

/** What a pattern found: the groups by number from 1, and by name. Null: it did not fit. */
export type Captures = Readonly<Record<string, string>>
export type Pattern = (text: string) => Captures | null

const patternText = z.union([z.string().min(1), z.strictObject({ is: z.string() })], {
  error: 'must be a text, a /regular expression/ or { is: exact text }',
})

/** A text to be contained, a `/regular expression/flags`, or `{ is: … }` for the whole text. */
const pattern = patternText.transform((given, context): Pattern => {
  if (typeof given === 'object') return (text) => (text === given.is ? {} : null)
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(given) ?? []
  if (source === undefined) return containing(given)
  try {
    return matching(new RegExp(source, flags?.replace(/[gy]/g, '')))
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no regular expression' })
    return z.NEVER
  }
})

function containing(part: string): Pattern {
  const wanted = part.toLowerCase()
  return (text) => (text.toLowerCase().includes(wanted) ? {} : null)
}

function matching(expression: RegExp): Pattern {
  return (text) => {
    const found = expression.exec(text)
    if (!found) return null
    const numbered = found.slice(1).map((group, index) => [index + 1, group ?? ''] as const)
    return { ...Object.fromEntries(numbered), ...found.groups }
  }
}

const conditions = z.strictObject({
  /** Fits the last user message. Alone, it means that the user has the last word. */
  user_message: pattern.optional(),
  /** Fits one of the tool outputs that the model was just given. */
  tool_output: pattern.optional(),
  /** Whether the model was just given tool outputs. */
  after_tool_output: z.boolean().optional(),
  /** `gpt-4o` or, with a wildcard, `gpt-4*`. */
  model: z.string().min(1).optional(),
  /** Which reply to the last user message: 1 is the first, 2 the one after the first tool outputs. */
  turn: z.int().min(1).optional(),
  /** A function of a fitting name is offered. */
  tool_offered: pattern.optional(),
  /** The last user message names a function that is offered, with spaces or underscores. */
  tool_named: z.boolean().optional(),
  /** The request insists on a call (`tool_choice` required, or a function). */
  tool_required: z.boolean().optional(),
})

const count = z.int().min(0)

const usageEntry = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  cached_tokens: count.default(0),
  reasoning_tokens: count.default(0),
})

const toolCall = z.strictObject({
  name: z.string().min(1),
  /** Left out: made from the function's parameters. A text is sent as it is, JSON or not. */
  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  id: z.string().optional(),
})

const failure = z
  .strictObject({
    /** The upstream answers with this HTTP status. */
    status: z.int().min(400).max(599).optional(),
    message: z.string().optional(),
    code: z.string().optional(),
    /** After so many tokens the stream ends, nothing more comes, or nonsense does. */
    cut_after: count.optional(),
    hang_after: count.optional(),
    malformed_after: count.optional(),
  })
  .refine((given) => kindsOf(given).length === 1, {
    error: 'needs exactly one of status, cut_after, hang_after, malformed_after',
  })
  .refine((given) => given.status !== undefined || (given.message === undefined && given.code === undefined), {
    error: 'message and code go with status only',
  })

function kindsOf(given: Record<string, unknown>): string[] {
  return ['status', 'cut_after', 'hang_after', 'malformed_after'].filter((kind) => given[kind] !== undefined)
}

const replyEntry = z.strictObject({
  text: z.string().optional(),
  /** How often the text is said. */
  repeat: z.int().min(1).max(1_000_000).default(1),
  refusal: z.string().optional(),
  tool_calls: z.array(toolCall).min(1).optional(),
  /** Before each token. */
  delay_ms: count.max(600_000).optional(),
  usage: z.union([z.literal('none'), usageEntry], { error: "must be 'none' or token counts" }).optional(),
  finish_reason: z.enum(['stop', 'tool_calls', 'length', 'content_filter']).optional(),
  failure: failure.optional(),
})

const rule = z.strictObject({
  match: z.preprocess((value) => (typeof value === 'string' ? { user_message: value } : (value ?? {})), conditions),
  /** How often the rule is used before it is passed over. */
  times: z.int().min(1).optional(),
  reply: z.preprocess((value) => (typeof value === 'string' ? { text: value } : value), replyEntry),
})

const script = z.strictObject({
  /** Names that are listed; every other is accepted too. */
  models: z.array(z.string().min(1)).min(1).default(['scripted']),
  /** Before each token, where a reply does not say otherwise. */
  delay_ms: count.max(600_000).default(0),
  rules: z.array(rule).min(1),
})
export type Script = z.infer<typeof script>
export type Rule = Script['rules'][number]
export type ScriptedCall = z.infer<typeof toolCall>

/** Reads a script. Throws `YamlFileError` with one line that says what is wrong and where. */
export function readScriptFile(path: string): Promise<Script> {
  return readYamlFile(path, script)
}

/** The same for a text. */
export function parseScript(text: string, name: string): Script {
  return parseYaml(text, name, script)
}
