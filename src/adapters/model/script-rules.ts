import type { ModelTool } from '../../ports/model.ts'
import type { Captures, Pattern, Rule } from './script-file.ts'
import type { Scene } from './script-scene.ts'
import { fits } from './wildcard.ts'

/** A rule that fits, and what its reply can refer to. */
export interface Match {
  readonly rule: Rule
  readonly captures: Captures
  /** The function that the conditions singled out, else the first that is offered. */
  readonly tool: ModelTool | undefined
}

/** The first rule that fits and has not been used up. `used` counts them. */
export function firstMatch(rules: readonly Rule[], scene: Scene, used: ReadonlyMap<Rule, number>): Match | null {
  for (const rule of rules) {
    if ((used.get(rule) ?? 0) >= (rule.times ?? Number.POSITIVE_INFINITY)) continue
    const match = matchRule(rule, scene)
    if (match) return match
  }
  return null
}

function matchRule(rule: Rule, scene: Scene): Match | null {
  const { match } = rule
  const afterTools = scene.toolOutputs.length > 0
  if (match.model !== undefined && !fits(match.model, scene.model)) return null
  if (match.turn !== undefined && match.turn !== scene.turn) return null
  if ((afterToolOutput(match) ?? afterTools) !== afterTools) return null
  if ((match.tool_required ?? scene.toolRequired) !== scene.toolRequired) return null
  const said = capture(match.user_message, [scene.lastUserMessage])
  const output = capture(match.tool_output, scene.toolOutputs)
  const offered = toolsOf(match, scene)
  if (!said || !output || !offered) return null
  return { rule, captures: { ...output, ...said }, tool: offered[0] }
}

/** A rule about what the user said would fit again once its calls are answered; that is meant only if it is said. */
function afterToolOutput(match: Rule['match']): boolean | undefined {
  if (match.after_tool_output !== undefined) return match.after_tool_output
  if (match.tool_output !== undefined) return true
  return match.turn === undefined && match.user_message !== undefined ? false : undefined
}

/** What the pattern found in the first text that it fits; nothing, but a match, when there is no pattern. */
function capture(pattern: Pattern | undefined, texts: readonly string[]): Captures | null {
  if (!pattern) return {}
  for (const text of texts) {
    const found = pattern(text)
    if (found) return found
  }
  return null
}

/** The functions that fit the conditions; null when there should be one and there is none. */
function toolsOf({ tool_offered, tool_named }: Rule['match'], { offered, lastUserMessage }: Scene): ModelTool[] | null {
  const spoken = lastUserMessage.toLowerCase()
  const isNamed = ({ name }: ModelTool) =>
    spoken.includes(name.toLowerCase()) || spoken.includes(name.toLowerCase().replaceAll('_', ' '))
  if (tool_named === false && offered.some(isNamed)) return null
  const fitting = offered.filter(
    (tool) => (tool_offered?.(tool.name) ?? !tool_offered) && (!tool_named || isNamed(tool)),
  )
  const needed = tool_offered !== undefined || tool_named === true
  return needed && fitting.length === 0 ? null : fitting
}
