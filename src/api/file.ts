import { z } from '@hono/zod-openapi'

/** The purposes a client may upload with, in the order that the original's error message names them. */
export const uploadPurposes = ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] as const

export const filePurpose = z.enum([...uploadPurposes, 'assistants_output', 'batch_output', 'fine-tune-results'])
export type FilePurpose = z.infer<typeof filePurpose>

export const file = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    purpose: filePurpose,
    filename: z.string(),
    bytes: z.int(),
    created_at: z.int(),
    expires_at: z.int().nullable(),
    status: z.enum(['uploaded', 'processed', 'error']),
    status_details: z.string().nullable(),
  })
  .openapi('OpenAIFile')
export type File = z.infer<typeof file>

export const fileExpiresAfter = z.strictObject({
  anchor: z.literal('created_at'),
  seconds: z.int().min(3600).max(2_592_000),
})
export type FileExpiresAfter = z.infer<typeof fileExpiresAfter>

export const fileListQuery = z.object({
  purpose: z.string().optional(),
  limit: z
    .int()
    .refine((limit) => limit >= 1 && limit <= 10_000, 'limit must be between 1 and 10000.')
    .default(10_000)
    .openapi({ minimum: 1, maximum: 10_000 }),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().optional(),
})
export type FileListQuery = z.infer<typeof fileListQuery>

export const upload = z
  .object({
    id: z.string(),
    object: z.literal('upload'),
    bytes: z.int(),
    created_at: z.int(),
    filename: z.string(),
    purpose: filePurpose,
    status: z.enum(['pending', 'completed', 'cancelled', 'expired']),
    expires_at: z.int(),
    file: file.optional(),
  })
  .openapi('Upload')
export type Upload = z.infer<typeof upload>

export const uploadPart = z
  .object({ id: z.string(), object: z.literal('upload.part'), created_at: z.int(), upload_id: z.string() })
  .openapi('UploadPart')
export type UploadPart = z.infer<typeof uploadPart>

export const createUploadRequest = z
  .strictObject({
    filename: z.string().min(1),
    purpose: z.enum(uploadPurposes),
    bytes: z
      .int()
      .min(1)
      .max(8 * 1024 ** 3),
    mime_type: z.string(),
    expires_after: fileExpiresAfter.nullable().optional(),
  })
  .openapi('CreateUploadRequest')
export type CreateUploadRequest = z.infer<typeof createUploadRequest>

export const completeUploadRequest = z
  .strictObject({ part_ids: z.array(z.string()).min(1), md5: z.string().optional() })
  .openapi('CompleteUploadRequest')
export type CompleteUploadRequest = z.infer<typeof completeUploadRequest>
