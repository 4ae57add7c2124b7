import type { z } from '@hono/zod-openapi'
import { worst } from './issues.ts'
import { toError } from './messages.ts'

/** The value as its schema understands it. Throws the `ApiError` that tells the first thing wrong with it. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const finding = worst(parsed.error.issues, value)
  throw finding === undefined ? parsed.error : toError(finding, schema, value)
}
