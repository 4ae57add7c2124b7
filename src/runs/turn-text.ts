import type { Citation } from '../api/citation.ts'
import type { ContentPart } from '../api/message.ts'
import type { MessageDeltaPart } from '../api/stream-event.ts'
import type { Passage } from '../tools/tool.ts'

/** A message's content as it grows, and the delta that tells each piece of it. */
export interface TurnText {
  readonly content: ContentPart[]
  readonly citations: Citation[]
  append(kind: 'text' | 'refusal', addition: string): MessageDeltaPart
  /** A whole marker together with its annotation. */
  cite(marker: string, passage: Passage): MessageDeltaPart
}

export function createTurnText(): TurnText {
  const content: ContentPart[] = []
  const citations: Citation[] = []
  /** Code points of the last part: annotations count characters, not the halves of which UTF-16 makes some. */
  let length = 0

  function append(kind: 'text' | 'refusal', addition: string): MessageDeltaPart {
    const { part, index, begins } = partFor(kind)
    length += characters(addition)
    if (part.type === 'refusal') {
      part.refusal += addition
      return { index, type: 'refusal', refusal: addition }
    }
    if (part.type === 'text') part.text.value += addition
    // The first delta of a text part says that there are no annotations yet; the others carry only text.
    return { index, type: 'text', text: begins ? { value: addition, annotations: [] } : { value: addition } }
  }

  function cite(marker: string, passage: Passage): MessageDeltaPart {
    const { part, index } = partFor('text')
    if (part.type !== 'text') throw new Error('a citation outside of text')
    const start_index = length
    length += characters(marker)
    const marked = { text: marker, start_index, end_index: length }
    const { file_id } = passage
    const place = part.text.annotations.length
    part.text.value += marker
    part.text.annotations.push({ type: 'file_citation', ...marked, file_citation: { file_id } })
    citations.push({ ...resolved(passage), ...marked, content_index: index, annotation_index: place })
    const told = {
      index: place,
      type: 'file_citation' as const,
      ...marked,
      file_citation: { file_id, quote: '' as const },
    }
    return { index, type: 'text', text: { value: marker, annotations: [told] } }
  }

  function partFor(kind: 'text' | 'refusal'): { part: ContentPart; index: number; begins: boolean } {
    const last = content.at(-1)
    if (last?.type === kind) return { part: last, index: content.length - 1, begins: false }
    const part: ContentPart =
      kind === 'text' ? { type: 'text', text: { value: '', annotations: [] } } : { type: 'refusal', refusal: '' }
    content.push(part)
    length = 0
    return { part, index: content.length - 1, begins: true }
  }

  return { content, citations, append, cite }
}

function resolved({ file_id, filename, vector_store_id, index, chunk, score }: Passage) {
  const { page, headings, text: quote } = chunk
  const found = { file_id, filename, vector_store_id, chunk_index: index, page, headings: [...headings], quote, score }
  return { object: 'thread.message.citation' as const, ...found }
}

/** Code points. */
function characters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
