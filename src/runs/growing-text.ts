/** Pieces that are kept apart before they are put together. */
const looseMost = 512

/** A text that comes in many small pieces. */
export interface GrowingText {
  add(piece: string): void
  /** All that was added so far. */
  text(): string
}

/** Plain concatenation would keep every piece as an object of its own, at ten times the memory of the text. */
export function growingText(): GrowingText {
  let whole = ''
  let loose: string[] = []

  function text(): string {
    whole += loose.join('')
    loose = []
    return whole
  }

  function add(piece: string): void {
    loose.push(piece)
    if (loose.length === looseMost) text()
  }

  return { add, text }
}
