import { z } from '@hono/zod-openapi'
import { metadata, metadataInput } from './metadata.ts'

const imageDetail = z.enum(['auto', 'low', 'high'])

export const annotation = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('file_citation'),
      text: z.string(),
      start_index: z.int().min(0),
      end_index: z.int().min(0),
      file_citation: z.object({ file_id: z.string() }),
    })
    .openapi('MessageContentTextAnnotationsFileCitationObject'),
  z
    .object({
      type: z.literal('file_path'),
      text: z.string(),
      start_index: z.int().min(0),
      end_index: z.int().min(0),
      file_path: z.object({ file_id: z.string() }),
    })
    .openapi('MessageContentTextAnnotationsFilePathObject'),
])
export type Annotation = z.infer<typeof annotation>

/** One part of a message as it is shown. Closed: strict clients reject a part with keys they do not know. */
export const contentPart = z.discriminatedUnion('type', [
  z
    .object({ type: z.literal('text'), text: z.object({ value: z.string(), annotations: z.array(annotation) }) })
    .openapi('MessageContentTextObject'),
  z
    .object({
      type: z.literal('image_file'),
      image_file: z.object({ file_id: z.string(), detail: imageDetail.optional() }),
    })
    .openapi('MessageContentImageFileObject'),
  z
    .object({ type: z.literal('image_url'), image_url: z.object({ url: z.string(), detail: imageDetail.optional() }) })
    .openapi('MessageContentImageUrlObject'),
  z.object({ type: z.literal('refusal'), refusal: z.string() }).openapi('MessageContentRefusalObject'),
])
export type ContentPart = z.infer<typeof contentPart>

const attachmentTool = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('code_interpreter') }),
  z.strictObject({ type: z.literal('file_search') }),
])

const attachment = z.strictObject({ file_id: z.string().optional(), tools: z.array(attachmentTool).optional() })
export type Attachment = z.infer<typeof attachment>

export const messageIncompleteReason = z.enum([
  'content_filter',
  'max_tokens',
  'run_cancelled',
  'run_expired',
  'run_failed',
])
export type MessageIncompleteReason = z.infer<typeof messageIncompleteReason>

export const message = z
  .object({
    id: z.string(),
    object: z.literal('thread.message'),
    created_at: z.int(),
    assistant_id: z.string().nullable(),
    thread_id: z.string(),
    run_id: z.string().nullable(),
    status: z.enum(['in_progress', 'incomplete', 'completed']),
    incomplete_details: z.object({ reason: messageIncompleteReason }).nullable(),
    incomplete_at: z.int().nullable(),
    completed_at: z.int().nullable(),
    role: z.enum(['user', 'assistant']),
    content: z.array(contentPart),
    attachments: z.array(z.object({ file_id: z.string().optional(), tools: z.array(attachmentTool).optional() })),
    metadata,
  })
  .openapi('MessageObject')
export type Message = z.infer<typeof message>

const inputPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().max(256_000) }),
  z.strictObject({
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: z.string(), detail: imageDetail.optional() }),
  }),
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({ url: z.string(), detail: imageDetail.optional() }),
  }),
])

/** A message as a client writes it: on its own, with a new thread, or added to a run. */
export const createMessageRequest = z
  .strictObject({
    role: z.enum(['user', 'assistant']),
    content: z.union([z.string().min(1).max(256_000), z.array(inputPart).min(1)]),
    attachments: z.array(attachment).max(10).nullable().optional(),
    metadata: metadataInput,
  })
  .openapi('CreateMessageRequest')
export type CreateMessageRequest = z.infer<typeof createMessageRequest>

export const modifyMessageRequest = z.strictObject({ metadata: metadataInput }).openapi('ModifyMessageRequest')
export type ModifyMessageRequest = z.infer<typeof modifyMessageRequest>
