import type { Citation } from '../api/citation.ts'
import type { Annotation, ContentPart, Message } from '../api/message.ts'
import type { MessageDeltaPart, StreamEvent } from '../api/stream-event.ts'
import type { Passage } from '../tools/tool.ts'
import { type GrowingText, growingText } from './growing-text.ts'

/** The message that a model is writing. */
export interface MessageDraft {
  /** Continues the part it writes, or begins one when the kind changes; answers the delta that says so. */
  add(kind: PartKind, addition: string): StreamEvent
  /** Continues the text with a whole marker; the delta brings the annotation along. */
  cite(marker: string, passage: Passage): StreamEvent
  /** The message with all that was said so far. */
  message(): Message
  /** What its annotations point at. */
  citations(): Citation[]
}

export type PartKind = 'text' | 'refusal'

interface PartDraft extends GrowingText {
  readonly kind: PartKind
  readonly annotations: Annotation[]
  /** Code points: annotations count characters, not the halves of which UTF-16 makes some. */
  length: number
}

/** `message` is as it was born, without content. */
export function draftMessage(message: Message): MessageDraft {
  const parts: PartDraft[] = []
  const citations: Citation[] = []

  function add(kind: PartKind, addition: string): StreamEvent {
    const { part, index, begins } = partOf(kind)
    part.add(addition)
    part.length += characters(addition)
    if (kind === 'refusal') return delta({ index, type: 'refusal', refusal: addition })
    // The first delta of a text part says that there are no annotations yet; the others carry only text.
    return delta({ index, type: 'text', text: begins ? { value: addition, annotations: [] } : { value: addition } })
  }

  function cite(marker: string, passage: Passage): StreamEvent {
    const { part, index } = partOf('text')
    const { file_id } = passage
    const marked = { text: marker, start_index: part.length, end_index: part.length + characters(marker) }
    const place = part.annotations.length
    part.add(marker)
    part.length = marked.end_index
    part.annotations.push({ type: 'file_citation', ...marked, file_citation: { file_id } })
    citations.push({ ...resolved(passage), ...marked, content_index: index, annotation_index: place })
    const file_citation = { file_id, quote: '' as const }
    const annotations = [{ index: place, type: 'file_citation' as const, ...marked, file_citation }]
    return delta({ index, type: 'text', text: { value: marker, annotations } })
  }

  function partOf(kind: PartKind): { part: PartDraft; index: number; begins: boolean } {
    const last = parts.at(-1)
    if (last?.kind === kind) return { part: last, index: parts.length - 1, begins: false }
    const part = { kind, annotations: [], length: 0, ...growingText() }
    parts.push(part)
    return { part, index: parts.length - 1, begins: true }
  }

  function delta(part: MessageDeltaPart): StreamEvent {
    const { id } = message
    return { event: 'thread.message.delta', data: { id, object: 'thread.message.delta', delta: { content: [part] } } }
  }

  return {
    add,
    cite,
    message: () => ({ ...message, content: parts.map(contentPart) }),
    citations: () => [...citations],
  }
}

function contentPart({ kind, text, annotations }: PartDraft): ContentPart {
  if (kind === 'refusal') return { type: 'refusal', refusal: text() }
  return { type: 'text', text: { value: text(), annotations: [...annotations] } }
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
