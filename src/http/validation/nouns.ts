import { z } from '@hono/zod-openapi'
import { unwrap } from './schema-at.ts'

/** What a schema takes, as the messages say it: `a string`, `an array of objects`, `one of a string or object`. */
export function nounOfSchema(wrapped: z.core.$ZodType | undefined): string {
  const schema = unwrap(wrapped)
  if (schema instanceof z.ZodString) return 'a string'
  if (schema instanceof z.ZodNumber) return schema.isInt ? 'an integer' : 'a decimal'
  if (schema instanceof z.ZodBoolean) return 'a boolean'
  if (schema instanceof z.ZodArray) return `an array of ${plural(nounOfSchema(schema.element))}`
  if (schema instanceof z.ZodEnum) return `one of ${listed(schema.options, 'or')}`
  if (schema instanceof z.ZodLiteral) return listed([...schema.values], 'or')
  if (schema instanceof z.ZodUnion) return nounOfUnion(schema.options)
  return 'an object'
}

/** What a value is. */
export function nounOfValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return nounOfArray(value)
  switch (typeof value) {
    case 'string':
      return 'a string'
    case 'number':
      if (!Number.isFinite(value)) return 'a number beyond all bounds'
      return Number.isInteger(value) ? 'an integer' : 'a decimal'
    case 'boolean':
      return 'a boolean'
    default:
      return 'an object'
  }
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
export function listed(values: readonly unknown[], word: 'and' | 'or'): string {
  const quoted = values.map((value) => `'${value}'`)
  if (quoted.length <= 2) return quoted.join(` ${word} `)
  return `${quoted.slice(0, -1).join(', ')}, ${word} ${quoted.at(-1)}`
}

function nounOfUnion(options: readonly z.core.$ZodType[]): string {
  const nouns = [...new Set(options.map((option) => nounOfSchema(option)))]
  if (nouns.length === 1) return nouns.join()
  const [first = '', ...others] = nouns.map((noun) => noun.replace(/^one of /, ''))
  return `one of ${[first, ...others.map(withoutArticle)].join(' or ')}`
}

function nounOfArray(items: readonly unknown[]): string {
  if (items.length === 0) return 'an empty array'
  const nouns = new Set(items.map(nounOfValue))
  const [only] = nouns
  return nouns.size === 1 && only !== undefined ? `an array of ${plural(only)}` : 'an array'
}

function plural(noun: string): string {
  return noun === 'null' ? 'nulls' : `${withoutArticle(noun)}s`
}

function withoutArticle(noun: string): string {
  return noun.replace(/^an? /, '')
}
