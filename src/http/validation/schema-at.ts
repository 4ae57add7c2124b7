import { z } from '@hono/zod-openapi'

type Schema = z.core.$ZodType
export type Path = readonly PropertyKey[]

/** The schema that is in force at `path` for this value; unions are followed into the branch the value belongs to. */
export function schemaAt(root: Schema, value: unknown, path: Path): Schema | undefined {
  let schema: Schema | undefined = root
  let here = value
  for (const key of path) {
    schema = child(branchFor(schema, here), key)
    here = valueAt(here, [key])
    if (schema === undefined) return undefined
  }
  return unwrap(schema)
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

/** Without what makes it optional, nullable, default or recursive. */
export function unwrap(schema: Schema | undefined): Schema | undefined {
  let inner = schema
  while (isWrapper(inner)) inner = inner.unwrap()
  return inner
}

function isWrapper(schema: Schema | undefined) {
  return (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodLazy
  )
}

function branchFor(schema: Schema | undefined, value: unknown): Schema | undefined {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodDiscriminatedUnion) return inner.options.find((option) => discriminates(option, value))
  if (!(inner instanceof z.ZodUnion)) return inner
  const found = inner.options.find((option) => takes(unwrap(option), value))
  return found === undefined ? undefined : branchFor(found, value)
}

function discriminates(option: Schema, value: unknown): boolean {
  const type = option instanceof z.ZodObject ? option.shape.type : undefined
  const given = valueAt(value, ['type'])
  if (type instanceof z.ZodEnum) return type.options.some((allowed) => allowed === given)
  return type instanceof z.ZodLiteral && type.value === given
}

function takes(schema: Schema | undefined, value: unknown): boolean {
  if (Array.isArray(value)) return schema instanceof z.ZodArray
  return schema instanceof z.ZodObject || schema instanceof z.ZodUnion || schema instanceof z.ZodRecord
}

function child(schema: Schema | undefined, key: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(key)]
  if (schema instanceof z.ZodArray) return schema.element
  if (schema instanceof z.ZodRecord) return schema.valueType
  return undefined
}
