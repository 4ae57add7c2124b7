import { z } from '@hono/zod-openapi'

/** The page parameters of every list but files; cursors are ids of listed objects. */
export const listQuery = z.object({
  limit: z.int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().optional(),
  before: z.string().optional(),
})
export type ListQuery = z.infer<typeof listQuery>

/** The envelope around one page of a list. Empty pages have null ids and `has_more: false`. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
}

/** What every DELETE answers; the literal differs by kind (`assistant.deleted`, but plain `file` for files). */
export function deletedObject<Literal extends string>(literal: Literal) {
  return z.object({ id: z.string(), object: z.literal(literal), deleted: z.literal(true) })
}
