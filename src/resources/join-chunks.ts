import type { Chunk } from '../ports/search.ts'

/** Less in common may be chance. */
const leastOverlap = 16

/** The texts that these passages were cut from: neighbours that overlap become one, with what they share said once. */
export function joinChunks(chunks: readonly Chunk[]): string[] {
  const texts: string[] = []
  let before = ''
  for (const { text } of chunks) {
    const shared = overlap(before, text)
    const joined = shared >= leastOverlap ? texts.pop() : undefined
    texts.push(joined === undefined ? text : joined + text.slice(shared))
    before = text
  }
  return texts
}

/** How many characters at the end of `before` are those at the start of `after`, found in linear time (Knuth, Morris, Pratt). */
function overlap(before: string, after: string): number {
  const borders = bordersOf(after)
  let matched = 0
  for (let place = Math.max(0, before.length - after.length); place < before.length; place++) {
    while (matched > 0 && after[matched] !== before[place]) matched = borders[matched - 1] ?? 0
    if (after[matched] === before[place]) matched += 1
  }
  return matched
}

/** For each prefix of the text, the length of its longest proper prefix that it also ends with. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length)
  let length = 0
  for (let end = 1; end < text.length; end++) {
    while (length > 0 && text[length] !== text[end]) length = borders[length - 1] ?? 0
    if (text[length] === text[end]) length += 1
    borders[end] = length
  }
  return borders
}
