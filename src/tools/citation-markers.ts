/** What the marker `【m:i†name】` points at: passage i of the search result that stands at position m of the prompt. */
export interface Citable {
  readonly file_id: string
  readonly filename: string
}

/** A piece of text as it may be shown: plain, or one whole marker with what it cites. */
export type CitedPiece<Source extends Citable> =
  | { readonly text: string; readonly source: undefined }
  | { readonly text: string; readonly source: Source }

export interface MarkerScanner<Source extends Citable> {
  /** Takes the next piece of the model's text; answers what can be shown of it now. */
  push(text: string): CitedPiece<Source>[]
  /** What was held back at the end of the text. */
  end(): CitedPiece<Source>[]
}

// File names end at 255 characters; what runs on for longer is no marker.
const wholeMarker = /^【(\d{1,9}):(\d{1,9})(?:†[^【】]{0,260})?】/
const beginningOfMarker = /^【(?:\d{0,9}|\d{1,9}:\d{0,9}|\d{1,9}:\d{1,9}†[^【】]{0,260})$/

/**
 * Finds citations in text that comes in pieces. From `【` on, text is held back for as long as it can still become a
 * marker, so that a marker is shown whole or not at all. A marker that points at something is shown in its one form,
 * with the file's name; one that points nowhere is dropped. Other text in the same brackets is none of our business.
 */
export function createMarkerScanner<Source extends Citable>(
  find: (message: number, passage: number) => Source | undefined,
): MarkerScanner<Source> {
  let held = ''

  function push(text: string): CitedPiece<Source>[] {
    const pieces: CitedPiece<Source>[] = []
    held += text
    while (held !== '') {
      const start = held.indexOf('【')
      if (start !== 0) {
        const plain = start === -1 ? held : held.slice(0, start)
        pieces.push({ text: plain, source: undefined })
        held = held.slice(plain.length)
        continue
      }
      if (beginningOfMarker.test(held)) break
      pieces.push(...settle())
    }
    return pieces
  }

  /** Takes what stands at the start of `held`: a whole marker, or a bracket that begins none. */
  function settle(): CitedPiece<Source>[] {
    const marker = wholeMarker.exec(held)
    if (!marker) {
      held = held.slice(1)
      return [{ text: '【', source: undefined }]
    }
    held = held.slice(marker[0].length)
    const [, message, passage] = marker
    const source = find(Number(message), Number(passage))
    return source ? [{ text: `【${message}:${passage}†${source.filename}】`, source }] : []
  }

  function end(): CitedPiece<Source>[] {
    const rest = held
    held = ''
    return rest === '' ? [] : [{ text: rest, source: undefined }]
  }

  return { push, end }
}
