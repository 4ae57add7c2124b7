import type { z } from '@hono/zod-openapi'
import { type Path, valueAt } from './schema-at.ts'

type Issue = z.core.$ZodIssue

/** Something that is wrong with a value, and where, counted from the root. */
export interface Finding {
  readonly issue: Issue
  readonly path: Path
  /** What stands there; undefined when nothing does. */
  readonly value: unknown
}

/**
 * The one finding that a reply is about: unknown keys come before wrong types, these before missing values, and
 * bounds last; within a kind the first. Of a union only the branch counts that the value belongs to.
 */
export function worst(issues: readonly Issue[], root: unknown): Finding | undefined {
  const findings = [...findingsOf(issues, [], root)]
  return findings.sort((a, b) => rank(a) - rank(b))[0]
}

function* findingsOf(issues: readonly Issue[], base: Path, root: unknown): Generator<Finding> {
  for (const issue of issues) {
    const path = [...base, ...issue.path]
    const value = valueAt(root, path)
    const branch = issue.code === 'invalid_union' ? issue.errors.find((errors) => isFor(errors, value)) : undefined
    if (branch === undefined) yield { issue, path, value }
    else yield* findingsOf(branch, path, root)
  }
}

/** Whether a branch takes this kind of value at all, and only minds what it says. */
function isFor(errors: readonly Issue[], value: unknown): boolean {
  return !errors.some((issue) => issue.path.length === 0 && isTypeMismatch(issue, value))
}

/** Whether an issue says that the value is of the wrong JSON type. */
export function isTypeMismatch(issue: Issue, value: unknown): boolean {
  if (issue.code === 'invalid_type') return true
  if (issue.code === 'invalid_value') return issue.values.every((allowed) => typeof allowed !== typeof value)
  if (issue.code !== 'invalid_union') return false
  return issue.errors.length > 0 || typeof value !== 'string'
}

function rank({ issue, value }: Finding): number {
  if (issue.code === 'unrecognized_keys') return 0
  if (isSafeRange(issue)) return 4
  if (!isTypeMismatch(issue, value)) return isMissing(issue) ? 2 : 3
  return value === undefined ? 2 : 1
}

/** That an integer is too large to be exact: its own bound, where it has one, says more. */
function isSafeRange(issue: Issue): boolean {
  return issue.code === 'too_big' && issue.maximum === Number.MAX_SAFE_INTEGER
}

function isMissing(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.code === 'missing_required_parameter'
}
