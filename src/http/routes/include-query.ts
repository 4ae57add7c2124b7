import { z } from '@hono/zod-openapi'
import { include } from '../../api/run-step.ts'

/** `?include[]=…` of the endpoints that show steps. */
export const includeQuery = z.object({ include: z.array(include).default([]) })
