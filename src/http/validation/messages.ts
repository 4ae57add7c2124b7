import type { z } from '@hono/zod-openapi'
import { type ApiError, badRequest } from '../../api/error.ts'
import { type Finding, isTypeMismatch } from './issues.ts'
import { listed, nounOfSchema, nounOfValue } from './nouns.ts'
import { type Path, schemaAt } from './schema-at.ts'

type Schema = z.core.$ZodType
type Bound = z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall

/** A finding in the words of the original's validator, with its `param` and `code`. */
export function toError(finding: Finding, schema: Schema, root: unknown): ApiError {
  const { issue, path, value } = finding
  const param = dotted(path)
  if (issue.code === 'unrecognized_keys') return unknownParameter(dotted([...path, issue.keys[0] ?? '']))
  if (isTypeMismatch(issue, value)) {
    if (value === undefined) return missingParameter(param)
    const options = optionsOf(issue)
    const expected = options.length > 0 ? `one of ${listed(options, 'or')}` : nounOfSchema(schemaAt(schema, root, path))
    return wrongType(param, expected, nounOfValue(value))
  }
  switch (issue.code) {
    case 'invalid_value':
      return notSupported(param, value, issue.values)
    case 'invalid_union':
      return notSupported(param, value, optionsOf(issue))
    case 'too_big':
    case 'too_small':
      return outOfBounds(issue, { param, value, noun: nounOfSchema(schemaAt(schema, root, path)) })
    case 'invalid_format':
      return badFormat(issue, param, value)
    case 'invalid_key':
      return badPropertyName(issue, path)
    case 'custom':
      return refused(issue, param, value)
    default:
      return badRequest(`Invalid '${param}': ${issue.message}.`, { param, code: 'invalid_value' })
  }
}

/** The values of the discriminator that no variant of a union matched. */
function optionsOf(issue: z.core.$ZodIssue): readonly unknown[] {
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options ?? []) : []
}

/** `messages[0].role`; empty for the body itself. */
function dotted(path: Path): string {
  return path
    .map((key, place) => (typeof key === 'number' ? `[${key}]` : place === 0 ? String(key) : `.${String(key)}`))
    .join('')
}

export function missingParameter(param: string): ApiError {
  return badRequest(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
}

function unknownParameter(param: string): ApiError {
  return badRequest(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' })
}

function wrongType(param: string, expected: string, got: string): ApiError {
  const what = param === '' ? 'the request body' : `'${param}'`
  return badRequest(`Invalid type for ${what}: expected ${expected}, but got ${got} instead.`, {
    param: param === '' ? null : param,
    code: 'invalid_type',
  })
}

function notSupported(param: string, value: unknown, supported: readonly unknown[]): ApiError {
  return badRequest(`Invalid value: '${value}'. Supported values are: ${listed(supported, 'and')}.`, {
    param,
    code: 'invalid_value',
  })
}

function outOfBounds(issue: Bound, at: { param: string; value: unknown; noun: string }): ApiError {
  switch (issue.origin) {
    case 'string':
      return badLength(issue, { param: at.param, kind: 'string', length: lengthOf(at.value) })
    case 'array':
      return badLength(issue, { param: at.param, kind: 'array', length: lengthOf(at.value) })
    default:
      return badNumber(issue, at)
  }
}

function badNumber(issue: Bound, { param, value, noun }: { param: string; value: unknown; noun: string }): ApiError {
  const kind = noun === 'an integer' ? 'integer' : 'decimal'
  if (issue.code === 'too_big') return aboveMaximum(param, kind, { value, maximum: issue.maximum })
  return badRequest(
    `Invalid '${param}': ${kind} below minimum value. Expected a value >= ${issue.minimum}, but got ${value} instead.`,
    { param, code: `${kind}_below_min_value` },
  )
}

function aboveMaximum(
  param: string,
  kind: 'integer' | 'decimal',
  { value, maximum }: { value: unknown; maximum: unknown },
): ApiError {
  return badRequest(
    `Invalid '${param}': ${kind} above maximum value. Expected a value <= ${maximum}, but got ${value} instead.`,
    { param, code: `${kind}_above_max_value` },
  )
}

function badLength(
  issue: Bound,
  { param, kind, length }: { param: string; kind: 'string' | 'array'; length: number },
): ApiError {
  const a = kind === 'string' ? 'a string' : 'an array'
  if (issue.code === 'too_big') {
    return badRequest(
      `Invalid '${param}': ${kind} too long. Expected ${a} with maximum length ${issue.maximum}, ` +
        `but got ${a} with length ${length} instead.`,
      { param, code: `${kind}_above_max_length` },
    )
  }
  const empty = length === 0
  return badRequest(
    `Invalid '${param}': ${empty ? `empty ${kind}` : `${kind} too short`}. Expected ${a} with minimum length ` +
      `${issue.minimum}, but got ${empty ? `an empty ${kind}` : `${a} with length ${length}`} instead.`,
    { param, code: empty ? `empty_${kind}` : `${kind}_below_min_length` },
  )
}

function badFormat(issue: z.core.$ZodIssueInvalidStringFormat, param: string, value: unknown): ApiError {
  const problem =
    issue.format === 'starts_with' && 'prefix' in issue
      ? `'${value}'. Expected an ID that begins with '${issue.prefix}'.`
      : `string does not match pattern. Expected a string that matches the pattern '${issue.pattern?.slice(1, -1)}'.`
  return badRequest(`Invalid '${param}': ${problem}`, { param, code: 'invalid_value' })
}

/** Only metadata has names of its own; `[3, 'metadata', 'long']` is named by what holds it. */
function badPropertyName(issue: z.core.$ZodIssueInvalidKey, path: Path): ApiError {
  const param = dotted(path.slice(0, -1))
  const name = String(path.at(-1))
  const letters = [...name]
  const [head, tail] = [letters.slice(0, 8).join(''), letters.slice(-8).join('')]
  const bound = issue.issues[0]
  const maximum = bound?.code === 'too_big' ? bound.maximum : 0
  return badRequest(
    `Invalid property name in '${param}': '${head}...${tail}' is too long. Expected a string ` +
      `with maximum length ${maximum}, but got a string with length ${letters.length} instead.`,
    { param, code: 'property_name_above_max_length' },
  )
}

/** What a refinement of ours refused: `params.code` names the template, or the message is told as it is. */
function refused(issue: z.core.$ZodIssueCustom, param: string, value: unknown): ApiError {
  const { code = null, maximum, count } = issue.params ?? {}
  switch (code) {
    case 'missing_required_parameter':
      return missingParameter(param)
    case 'integer_above_max_value':
      return aboveMaximum(param, 'integer', { value, maximum })
    case 'object_above_max_properties':
      return badRequest(
        `Invalid '${param}': too many properties. Expected an object with at most ${maximum} properties, ` +
          `but got an object with ${count} properties instead.`,
        { param, code },
      )
    default:
      return badRequest(issue.message, { param, code })
  }
}

/** Strings are counted in code points, as their bounds are. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return [...value].length
  return Array.isArray(value) ? value.length : 0
}
