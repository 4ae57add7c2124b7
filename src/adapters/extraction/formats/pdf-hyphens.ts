/** A line that is longer is no line of print, and not looked at. */
const longestLine = 1_000
const longestWord = 40
const mostWords = 100_000

/** The first half of a word at the end of a line, and what stands before it. */
const firstHalf = /(^|[^\p{L}])(\p{L}{2,})[-‐]$/u
/** What may stand before a word that is no part of a longer name. */
const opening = /^[\s([{"'“‘„«]?$/
/** The second half, what sticks to it, and what comes after. */
const secondHalf = /^(\p{L}{2,})(\S*)\s*(.*)$/u

/**
 * Makes words whole that were broken at the ends of lines, since nobody searches for half of one. Print does not tell
 * such a hyphen from that of a compound; the words of the document up to here do: `com-` and `mand` are no words there,
 * `single-` and `stage` are, and stay as they stand. Within a longer name only words of the document are made whole.
 */
export function createHyphenation(): {
  /** The lines of the next page; the second half of a word goes up to the first. */
  mend(lines: readonly string[]): string[]
} {
  const words = new Set<string>()

  function mend(lines: readonly string[]): string[] {
    const drawn = lines.map((line) => line.replaceAll('\u00ad', '-')) // a soft hyphen that is drawn is a hyphen
    learn(words, drawn)
    const mended: string[] = []
    for (const line of drawn) {
      const [joined, rest] = join(mended.at(-1) ?? '', line) ?? []
      if (joined !== undefined) mended[mended.length - 1] = joined
      if (rest !== '') mended.push(rest ?? line)
    }
    return mended
  }

  function join(before: string, line: string): [joined: string, rest: string] | undefined {
    if (before.length > longestLine || line.length > longestLine) return undefined
    const [, front = '', start] = before.match(firstHalf) ?? []
    const [, end, more, rest] = line.match(secondHalf) ?? []
    if (start === undefined || end === undefined || !isOneWord(front, start, end)) return undefined
    return [`${before.slice(0, -1)}${end}${more ?? ''}`, rest ?? '']
  }

  function isOneWord(front: string, start: string, end: string): boolean {
    const [first, second] = [start.toLowerCase(), end.toLowerCase()]
    if (words.has(first + second)) return true
    return continues(start, end) && opening.test(front) && !(first.length > 2 && words.has(first) && words.has(second))
  }
  return { mend }
}

/** A word goes on in small letters, unless it is written in capitals. */
function continues(start: string, end: string): boolean {
  const isSmall = end === end.toLowerCase()
  return isSmall ? start.slice(1) === start.slice(1).toLowerCase() : isCapitals(start) && isCapitals(end)
}

function isCapitals(letters: string): boolean {
  return letters === letters.toUpperCase()
}

/** Halves at the ends of lines are not words. */
function learn(words: Set<string>, lines: readonly string[]): void {
  let wasBroken = false
  for (const line of lines) {
    const isBroken = /[-‐]$/.test(line.slice(-1))
    const found = line.match(/\p{L}+/gu) ?? []
    for (const word of found.slice(wasBroken ? 1 : 0, isBroken ? -1 : undefined)) {
      if (words.size < mostWords && word.length <= longestWord) words.add(word.toLowerCase())
    }
    wasBroken = isBroken
  }
}
