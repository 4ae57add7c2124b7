import type { ContentPart, Message } from '../api/message.ts'
import type { MessageDeltaPart, StreamEvent } from '../api/stream-event.ts'
import { type GrowingText, growingText } from './growing-text.ts'

/** The message that a model is writing. */
export interface MessageDraft {
  /** Continues the part it writes, or begins one when the kind changes; answers the delta that says so. */
  add(kind: PartKind, addition: string): StreamEvent
  /** The message with all that was said so far. */
  message(): Message
}

export type PartKind = 'text' | 'refusal'

interface PartDraft extends GrowingText {
  readonly kind: PartKind
}

/** `message` is as it was born, without content. */
export function draftMessage(message: Message): MessageDraft {
  const parts: PartDraft[] = []

  function add(kind: PartKind, addition: string): StreamEvent {
    const begins = parts.at(-1)?.kind !== kind
    if (begins) parts.push({ kind, ...growingText() })
    parts.at(-1)?.add(addition)
    const part = deltaPart({ kind, index: parts.length - 1, begins }, addition)
    const delta = { content: [part] }
    return { event: 'thread.message.delta', data: { id: message.id, object: 'thread.message.delta', delta } }
  }

  return { add, message: () => ({ ...message, content: parts.map(contentPart) }) }
}

function contentPart({ kind, text }: PartDraft): ContentPart {
  if (kind === 'refusal') return { type: 'refusal', refusal: text() }
  return { type: 'text', text: { value: text(), annotations: [] } }
}

/** The first delta of a text part says that there are no annotations yet; the others carry only text. */
function deltaPart(
  { kind, index, begins }: { kind: PartKind; index: number; begins: boolean },
  addition: string,
): MessageDeltaPart {
  if (kind === 'refusal') return { index, type: 'refusal', refusal: addition }
  return { index, type: 'text', text: begins ? { value: addition, annotations: [] } : { value: addition } }
}
