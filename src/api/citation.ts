import { z } from '@hono/zod-openapi'

/**
 * What an annotation of a message points at: an extension of ours, and therefore apart from the message itself, whose
 * parts strict clients know by heart.
 */
export const citation = z
  .object({
    object: z.literal('thread.message.citation'),
    /** Which part of the message's content, and which annotation of that part. */
    content_index: z.int(),
    annotation_index: z.int(),
    /** The marker as it stands in the text, and where, in characters. */
    text: z.string(),
    start_index: z.int(),
    end_index: z.int(),
    file_id: z.string(),
    filename: z.string(),
    vector_store_id: z.string(),
    /** The passage's place among those of the file, counted from 0. */
    chunk_index: z.int(),
    /** Counted from 1; null where the format has no pages. */
    page: z.int().nullable(),
    /** The headings over the passage, outermost first. */
    headings: z.array(z.string()),
    /** The passage itself, as the model read it. */
    quote: z.string(),
    score: z.number().min(0).max(1),
  })
  .openapi('MessageCitationObject')
export type Citation = z.infer<typeof citation>

export const citationList = z.object({ object: z.literal('list'), data: z.array(citation) })
