import type { ContentPart, CreateMessageRequest } from '../api/message.ts'
import { unreachable } from '../lib/unreachable.ts'

type InputPart = Extract<CreateMessageRequest['content'], readonly unknown[]>[number]

/** The content of a message as it is shown: a string is one text part, and an image's `detail` is filled in. */
export function shownContent(content: CreateMessageRequest['content']): ContentPart[] {
  return typeof content === 'string' ? [shownPart({ type: 'text', text: content })] : content.map(shownPart)
}

function shownPart(part: InputPart): ContentPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: { value: part.text, annotations: [] } }
    case 'image_file':
      return { type: 'image_file', image_file: { ...part.image_file, detail: part.image_file.detail ?? 'auto' } }
    case 'image_url':
      return { type: 'image_url', image_url: { ...part.image_url, detail: part.image_url.detail ?? 'auto' } }
    default:
      return unreachable(part)
  }
}
