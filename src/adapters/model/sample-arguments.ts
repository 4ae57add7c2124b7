import { z } from 'zod'
import type { Captures } from './script-file.ts'

/** As much of JSON Schema as is needed to make an example; anything else in it is passed over. */
interface Schema {
  readonly type?: string | readonly string[] | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly const?: unknown
  readonly default?: unknown
  readonly minimum?: number | undefined
  readonly required?: readonly string[] | undefined
  readonly properties?: Readonly<Record<string, Schema>> | undefined
  readonly items?: Schema | undefined
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .catch(undefined),
    enum: z.array(z.unknown()).optional().catch(undefined),
    const: z.unknown().optional(),
    default: z.unknown().optional(),
    minimum: z.number().optional().catch(undefined),
    required: z.array(z.string()).optional().catch(undefined),
    properties: z.record(z.string(), schema).optional().catch(undefined),
    items: schema.optional().catch(undefined),
  }),
)

/**
 * Arguments that a function's parameters allow: its required properties, or all of them when it requires none. Texts
 * are the captures of their own name or, one after the other, by number; without captures they are the property's name.
 */
export function sampleArguments(parameters: Record<string, unknown>, captures: Captures): Record<string, unknown> {
  const { properties = {}, required } = schema.parse(parameters)
  const names = required?.length ? required : Object.keys(properties)
  let used = 0
  return Object.fromEntries(
    names.map((name) => {
      const text = () => captures[name] ?? captures[String(++used)] ?? name
      return [name, sample(properties[name] ?? {}, text)]
    }),
  )
}

function sample(of: Schema, text: () => string): unknown {
  if (of.const !== undefined) return of.const
  if (of.enum?.length) return of.enum[0]
  if (of.default !== undefined) return of.default
  const type = typeof of.type === 'string' ? of.type : of.type?.find((name) => name !== 'null')
  switch (type) {
    case 'number':
    case 'integer':
      return of.minimum ?? 1
    case 'boolean':
      return true
    case 'array':
      return of.items ? [sample(of.items, text)] : []
    case 'object':
      return Object.fromEntries(
        (of.required ?? []).map((name) => [name, sample(of.properties?.[name] ?? {}, () => name)]),
      )
    default:
      return text()
  }
}
