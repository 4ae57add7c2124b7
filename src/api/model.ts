import { z } from '@hono/zod-openapi'

export const model = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .openapi('Model')
export type Model = z.infer<typeof model>
