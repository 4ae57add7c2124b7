import { z } from 'zod'
import type { ParseRequest } from './formats/parse.ts'

/** What the child is told. */
export type ChildTask = Pick<ParseRequest, 'format' | 'extension' | 'limits'>

/** What the child says, a line of JSON each: where text stands, text in any pieces, and last how it ended. */
export const childLine = z.discriminatedUnion('say', [
  z.object({
    say: z.literal('start'),
    page: z.int().nullable(),
    headings: z.array(z.string().max(1000)).max(20).readonly(),
  }),
  z.object({ say: z.literal('text'), text: z.string() }),
  z.object({ say: z.literal('end') }),
  z.object({
    say: z.literal('failure'),
    code: z.enum(['unsupported_file', 'invalid_file', 'server_error']),
    message: z.string().max(1000),
  }),
])
export type ChildLine = z.infer<typeof childLine>

/** No line is longer, in bytes. Longer text is said in several. */
export const longestLine = 1024 * 1024
