import { z } from '@hono/zod-openapi'
import { include } from '../../api/run-step.ts'

/** `?include[]=…` of the endpoints that show steps: it is checked, but no step has anything yet that it would add. */
export const includeQuery = z.object({ include: z.array(include).default([]) })
