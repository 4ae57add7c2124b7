/** A stretch of text that is never cut, with what it counts. */
export interface Piece {
  readonly text: string
  readonly tokens: number
}

export interface Tokenizer {
  count(text: string): number
  /** What it takes for words. */
  readonly words: RegExp
}

/** Text is taken apart so many characters at a time. */
const blockLength = 8192
/** Nobody writes longer words. Counting takes the square of a word's length, so what is longer is cut. */
const longestWord = 128
/** Tokens from which on even words without a space between them, as in Chinese, come apart. */
const mostTogether = 16
/** Words up to this length are worth remembering. */
const shortWord = 24
const mostRemembered = 50_000

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Counts text as o200k does, the encoding of GPT-4o and later. The tokenizer is loaded when it is first needed: it takes
 * a quarter of a second and about 70 MB.
 */
export async function openTokenCounter(): Promise<Tokenizer> {
  const [{ countTokens }, { O200K_TOKEN_SPLIT_REGEX }] = await Promise.all([
    import('gpt-tokenizer/encoding/o200k_base'),
    import('gpt-tokenizer/encodingParams/constants'),
  ])
  const known = new Map<string, number>()
  const asText = { disallowedSpecial: new Set<string>() } // a document may well speak of `<|endoftext|>`

  function count(text: string): number {
    if (text.length > shortWord) return countTokens(text, asText)
    const before = known.get(text)
    if (before !== undefined) return before
    const tokens = countTokens(text, asText)
    if (known.size < mostRemembered) known.set(text, tokens)
    return tokens
  }
  return { count, words: O200K_TOKEN_SPLIT_REGEX }
}

/**
 * The words of a text with their tokens, block by block, as the tokenizer takes them apart: counts of neighbouring words
 * add up to the count of both. What follows a word without a space stays with it.
 */
export function* piecesOf(text: string, tokenizer: Tokenizer): Generator<Piece[], void, void> {
  for (let start = 0; start < text.length; ) {
    const end = blockEnd(text, start)
    yield piecesOfBlock(text.slice(start, end), tokenizer)
    start = end
  }
}

function piecesOfBlock(block: string, { count, words }: Tokenizer): Piece[] {
  const pieces: Piece[] = []
  let held: Piece = { text: '', tokens: 0 }
  for (const [word] of block.matchAll(words)) {
    const isLong = word.length > longestWord
    for (const part of isLong ? partsOf(word) : [word]) {
      const tokens = count(part) + (isLong ? 1 : 0) // a cut may cost one
      const isApart = held.tokens >= mostTogether || /^\s/.test(part)
      if (isApart && held.text !== '') pieces.push(held)
      held = isApart ? { text: part, tokens } : { text: held.text + part, tokens: held.tokens + tokens }
    }
  }
  if (held.text !== '') pieces.push(held)
  return pieces
}

/** Before the last space within the block; where there is none, wherever a character ends. */
function blockEnd(text: string, start: number): number {
  const limit = start + blockLength
  if (limit >= text.length) return text.length
  for (let end = limit; end > start; end--) {
    if (text[end] === ' ' && text[end - 1] !== ' ') return end
  }
  return start + characterBoundary(text.slice(start, limit + longestWord), blockLength)
}

function* partsOf(word: string): Generator<string> {
  for (let start = 0; start < word.length; ) {
    const rest = word.slice(start, start + 2 * longestWord)
    const end = rest.length <= longestWord ? rest.length : characterBoundary(rest, longestWord)
    yield rest.slice(0, end)
    start += end
  }
}

/** The last end of a character up to `limit`; a character that is longer than that is cut, though never a surrogate pair. */
function characterBoundary(text: string, limit: number): number {
  const whole = characters.segment(text).containing(limit)?.index ?? text.length
  if (whole > 0) return whole
  return /[\ud800-\udbff]/.test(text[limit - 1] ?? '') ? limit - 1 : limit
}
