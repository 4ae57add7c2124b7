import { z } from 'zod'

/** What the driver is told, a line of JSON each. */
export type DriverCommand =
  | { readonly do: 'prepare'; readonly id: number }
  | { readonly do: 'code'; readonly id: number; readonly code: string }
  | { readonly do: 'interrupt' }
  | { readonly do: 'put'; readonly id: number; readonly path: string; readonly alias: string | null }
  | { readonly do: 'chunk'; readonly data: string }
  | { readonly do: 'close'; readonly keep: boolean }
  | { readonly do: 'list'; readonly id: number }
  | { readonly do: 'get'; readonly id: number; readonly path: string }

/** No line of the driver is longer, in bytes. */
export const longestLine = 1024 * 1024

/** Bytes of a file in one line, before base64. */
export const pieceBytes = 256 * 1024

const id = z.int().min(0)
const data = z.string().max(Math.ceil(pieceBytes / 3) * 4)
const done = z.strictObject({ say: z.literal('done'), id })
const failed = z.strictObject({ say: z.literal('failed'), id, why: z.enum(['full', 'missing', 'refused']) })

/** What may be said once the driver runs; `python` is a version, as `3.11.2`. */
export const startLine = z.strictObject({ say: z.literal('ready'), id, python: z.string().regex(/^\d+(\.\d+){1,3}$/) })

/** What may be said about imports made beforehand; `missing` are those that failed. */
export const prepareLine = z.strictObject({
  say: z.literal('prepared'),
  id,
  missing: z.array(z.enum(['numpy', 'pandas', 'matplotlib'])).max(3),
})

/**
 * What may be said while code runs. `full`: there was more text than a call may print. Images come in pieces, up to one
 * that is `last`.
 */
export const codeLine = z.discriminatedUnion('say', [
  z.strictObject({ say: z.literal('text'), id, text: z.string().min(1) }),
  z.strictObject({ say: z.literal('full'), id }),
  z.strictObject({ say: z.literal('image'), id, format: z.enum(['png', 'jpeg']), data, last: z.boolean() }),
  z.strictObject({ say: z.literal('end'), id, how: z.enum(['completed', 'raised']) }),
])
export type CodeLine = z.infer<typeof codeLine>

/** What may be said about a file that was put. */
export const putLine = z.discriminatedUnion('say', [done, failed])

/** What may be said about the files there are: one line for each. */
export const listLine = z.discriminatedUnion('say', [
  z.strictObject({
    say: z.literal('file'),
    id,
    path: z.string().max(4096).refine(isPlainPath),
    bytes: z.int().min(0),
    version: z.string().regex(/^[\d-]{1,100}$/),
  }),
  done,
])

/** What may be said about the bytes of a file. */
export const getLine = z.discriminatedUnion('say', [
  z.strictObject({ say: z.literal('chunk'), id, data }),
  done,
  failed,
])

/** The lines after which an exchange is over. */
export const lastLines: ReadonlySet<string> = new Set(['ready', 'prepared', 'end', 'done', 'failed'])

/** Relative, in valid Unicode, without control characters, and nothing in it that leads elsewhere. */
export function isPlainPath(path: string): boolean {
  return (
    path.isWellFormed() && !/\p{Cc}/u.test(path) && path.split('/').every((name) => !['', '.', '..'].includes(name))
  )
}
