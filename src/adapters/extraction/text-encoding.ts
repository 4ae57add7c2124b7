export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/**
 * The encoding of text by its first bytes; undefined when they are not text. A byte order mark decides, then zeros as
 * UTF-16 has them, then whether it is valid UTF-8; what is left is Windows-1252, of which Latin-1 is a part.
 */
export function textEncoding(head: Uint8Array): TextEncoding | undefined {
  if (startsWith(head, [0xef, 0xbb, 0xbf])) return 'utf-8'
  if (startsWith(head, [0xff, 0xfe])) return 'utf-16le'
  if (startsWith(head, [0xfe, 0xff])) return 'utf-16be'
  if (head.includes(0)) return zerosOfUtf16(head)
  if (controls(head) > 2 + head.length / 100) return undefined
  return isUtf8(head) ? 'utf-8' : 'windows-1252'
}

/** Tolerates a character that is cut at the end. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false // the decoder has no other way to say so
  }
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte)
}

/** Text of mostly Latin letters has a zero in every other byte; anything else with zeros is taken for binary. */
function zerosOfUtf16(head: Uint8Array): TextEncoding | undefined {
  let [even, odd] = [0, 0]
  for (let index = 0; index < head.length; index++) {
    if (head[index] !== 0) continue
    if (index % 2 === 0) even += 1
    else odd += 1
  }
  const pairs = head.length / 2
  if (odd > pairs * 0.6 && even < pairs * 0.02) return 'utf-16le'
  if (even > pairs * 0.6 && odd < pairs * 0.02) return 'utf-16be'
  return undefined
}

function controls(bytes: Uint8Array): number {
  let found = 0
  for (const byte of bytes) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) found += 1
  return found
}
