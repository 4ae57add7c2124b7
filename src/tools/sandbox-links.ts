const prefix = 'sandbox:/mnt/data/'

/** A piece of text as it may be shown: plain, or one whole link to a file that exists. */
export type LinkedPiece = { readonly text: string; readonly file_id: string | undefined }

export interface LinkScanner {
  /** Takes the next piece of the model's text; answers what can be shown of it now. */
  push(text: string): LinkedPiece[]
  /** What was held back at the end of the text. */
  end(): LinkedPiece[]
}

/**
 * Finds `sandbox:/mnt/data/…` in text that comes in pieces, as far as there is such a file; `files` gives the id of each
 * by its path under that folder. A link is shown whole, so that its annotation can come with it. Paths may be written
 * as in addresses, with `%20` for a space. What looks like a link and leads nowhere stays as the model wrote it.
 */
export function createLinkScanner(files: ReadonlyMap<string, string>): LinkScanner {
  const links = new Map<string, string>()
  for (const [path, id] of files) for (const form of [encodeURI(path), path]) links.set(prefix + form, id)
  const longestFirst = [...links.keys()].sort((one, other) => other.length - one.length)
  let held = ''

  function push(text: string): LinkedPiece[] {
    held += text
    return take({ over: false })
  }

  function end(): LinkedPiece[] {
    return take({ over: true })
  }

  function take({ over }: { over: boolean }): LinkedPiece[] {
    const pieces: LinkedPiece[] = []
    while (held !== '') {
      const plain = plainLength(held, over)
      if (plain > 0) {
        pieces.push({ text: held.slice(0, plain), file_id: undefined })
        held = held.slice(plain)
      } else if (!over && longestFirst.some((link) => link.startsWith(held))) {
        break // it can still become this link, or turn out to be a longer word
      } else if (held.startsWith(prefix)) {
        const piece = linkAtStart()
        pieces.push(piece)
        held = held.slice(piece.text.length)
      } else break
    }
    return pieces
  }

  function linkAtStart(): LinkedPiece {
    const link = longestFirst.find(
      (each) => held.startsWith(each) && !/^[\p{L}\p{N}_%/-]/u.test(held.slice(each.length)),
    )
    return link === undefined ? { text: prefix, file_id: undefined } : { text: link, file_id: links.get(link) }
  }

  return { push, end }
}

/** How much at the start of the text is certainly no link. */
function plainLength(text: string, over: boolean): number {
  const start = text.indexOf(prefix)
  if (start !== -1) return start
  if (over) return text.length
  for (let length = Math.min(prefix.length - 1, text.length); length > 0; length -= 1) {
    if (prefix.startsWith(text.slice(-length))) return text.length - length
  }
  return text.length
}
