import type { Citation } from '../api/citation.ts'
import type { Annotation, Attachment, ContentPart, Message } from '../api/message.ts'
import type { MessageDeltaPart, StreamEvent } from '../api/stream-event.ts'
import type { Passage } from '../tools/tool.ts'
import { type GrowingText, growingText } from './growing-text.ts'

/** The message that a model is writing. */
export interface MessageDraft {
  /** Continues the part it writes, or begins one when the kind changes; answers the delta that says so. */
  add(kind: PartKind, addition: string): StreamEvent
  /** Continues the text with a whole marker; the delta brings the annotation along. */
  cite(marker: string, passage: Passage): StreamEvent
  /** Continues the text with a whole link to a file; the delta brings the annotation along. */
  link(link: string, file_id: string): StreamEvent
  /** Adds an image as a part of its own. */
  image(file_id: string): StreamEvent
  /** The message with all that was said so far. */
  message(): Message
  /** What its annotations point at. */
  citations(): Citation[]
}

export type PartKind = 'text' | 'refusal'

/** What an annotation is about, in code points of its text part. */
type Marked = Pick<Annotation, 'text' | 'start_index' | 'end_index'>

type PartDraft = WordsDraft | { readonly kind: 'image'; readonly file_id: string }

interface WordsDraft extends GrowingText {
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
    const { file_id } = passage
    const cited = (marked: Marked): Annotation => ({ type: 'file_citation', ...marked, file_citation: { file_id } })
    const { index, place, marked } = note(marker, cited)
    citations.push({ ...resolved(passage), ...marked, content_index: index, annotation_index: place })
    const file_citation = { file_id, quote: '' as const }
    const annotations = [{ index: place, type: 'file_citation' as const, ...marked, file_citation }]
    return delta({ index, type: 'text', text: { value: marker, annotations } })
  }

  function link(link: string, file_id: string): StreamEvent {
    const linked = (marked: Marked) => ({ type: 'file_path' as const, ...marked, file_path: { file_id } })
    const { index, place, marked } = note(link, linked)
    return delta({ index, type: 'text', text: { value: link, annotations: [{ index: place, ...linked(marked) }] } })
  }

  /** Continues the text with what an annotation is about. */
  function note(text: string, annotate: (marked: Marked) => Annotation) {
    const { part, index } = partOf('text')
    const marked = { text, start_index: part.length, end_index: part.length + characters(text) }
    const place = part.annotations.length
    part.add(text)
    part.length = marked.end_index
    part.annotations.push(annotate(marked))
    return { index, place, marked }
  }

  function image(file_id: string): StreamEvent {
    parts.push({ kind: 'image', file_id })
    return delta({ index: parts.length - 1, type: 'image_file', image_file: { file_id } })
  }

  function partOf(kind: PartKind): { part: WordsDraft; index: number; begins: boolean } {
    const last = parts.at(-1)
    if (last && last.kind !== 'image' && last.kind === kind)
      return { part: last, index: parts.length - 1, begins: false }
    const part: WordsDraft = { kind, annotations: [], length: 0, ...growingText() }
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
    link,
    image,
    message: () => ({ ...message, content: parts.map(contentPart), attachments: linked(parts) }),
    citations: () => [...citations],
  }
}

function contentPart(part: PartDraft): ContentPart {
  if (part.kind === 'image') return { type: 'image_file', image_file: { file_id: part.file_id } }
  if (part.kind === 'refusal') return { type: 'refusal', refusal: part.text() }
  return { type: 'text', text: { value: part.text(), annotations: [...part.annotations] } }
}

/** The files that a message links to are attached to it, each once. */
function linked(parts: readonly PartDraft[]): Attachment[] {
  const ids = parts.flatMap((part) => (part.kind === 'image' ? [] : part.annotations.flatMap(linkedFile)))
  return [...new Set(ids)].map((file_id) => ({ file_id, tools: [{ type: 'code_interpreter' }] }))
}

function linkedFile(annotation: Annotation): string[] {
  return annotation.type === 'file_path' ? [annotation.file_path.file_id] : []
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
