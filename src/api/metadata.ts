import { z } from '@hono/zod-openapi'

export const maxMetadataKeys = 16

/** Up to 16 string pairs that a client attaches to an object; keys of 64 characters, values of 512 at most. */
export const metadata = z.record(z.string().max(64), z.string().max(512)).superRefine((pairs, context) => {
  const count = Object.keys(pairs).length
  if (count <= maxMetadataKeys) return
  context.addIssue({ code: 'custom', params: { code: 'object_above_max_properties', maximum: maxMetadataKeys, count } })
})
export type Metadata = z.infer<typeof metadata>

/** `null` on the way in means "none"; the wire never shows null, only `{}`. */
export const metadataInput = metadata.nullable().optional()
