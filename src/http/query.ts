import { z } from '@hono/zod-openapi'
import { badRequest } from '../api/error.ts'
import { unwrap } from './validation/schema-at.ts'

/**
 * The query of a URL as the plain object that a schema parses: numbers where it wants numbers, arrays where it wants
 * arrays, however these are written (`include[]=a`, `include[0]=a`, `include=a`). Keys it does not know are dropped,
 * and a key without a value counts as absent. Throws for a key given twice that takes one value.
 */
export function readQuery(url: string, schema: z.ZodObject): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const [key, value] of new URLSearchParams(url.slice(url.indexOf('?') + 1))) {
    const name = key.replace(/\[\d*\]$/, '')
    const field = Object.hasOwn(schema.shape, name) ? unwrap(schema.shape[name]) : undefined
    if (field === undefined || value === '') continue
    const earlier = read[name]
    if (field instanceof z.ZodArray) read[name] = Array.isArray(earlier) ? [...earlier, value] : [value]
    else if (earlier !== undefined) throw duplicate(name)
    else read[name] = field instanceof z.ZodNumber ? asNumber(value) : value
  }
  return read
}

function asNumber(text: string): number | string {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function duplicate(name: string) {
  return badRequest(
    `Duplicate parameter: '${name}'. You provided multiple values for this parameter, whereas only one is allowed.`,
    { param: name, code: 'duplicate_parameter' },
  )
}
