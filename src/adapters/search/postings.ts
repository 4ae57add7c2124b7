import type { Chunk } from '../../ports/search.ts'
import { joined } from './joined.ts'
import { termsOf } from './terms.ts'

// A segment's postings, little-endian, at an address that is a multiple of 16:
//
//   u32 format, chunks, slots, total length
//   slots, a quarter more than terms: u32 hash of a term, u32 another hash, u32 place of its postings in bytes from the
//       start (0 in an empty slot), u32 in how many chunks it stands. A term is in the first free slot from the one that
//       its hash points to, as in any hash table; terms went in by rising hashes, so the way to a term passes no higher one.
//   u32 length of each chunk, in terms
//   postings: in how many chunks the term stands; for each of them its distance to the one before, doubled, plus one
//       where the term stands there once, else followed by how often. Numbers are LEB128.
//
// Terms themselves are not kept: 64 bits of hash do not meet by chance. So looking for a word in ten thousand small
// files costs one access to memory in each.

const format = 2
const headWords = 4
const slotWords = 4

/** What the bytes of a memory are read through. */
export interface Memory {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly floats: Float32Array
}

export function memoryOf(buffer: ArrayBufferLike): Memory {
  return { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer), floats: new Float32Array(buffer) }
}

/** Passages are found by their headings too. */
export function encodePostings(chunks: readonly Chunk[]): Uint8Array<ArrayBuffer> {
  const { lengths, entries } = collect(chunks)
  const slots = Math.ceil(entries.size * 1.25)
  const head = new Uint32Array(headWords + slotWords * slots + lengths.length)
  const totalLength = lengths.reduce((sum, length) => sum + length, 0)
  head.set([format, chunks.length, slots, totalLength])
  head.set(lengths, headWords + slotWords * slots)
  const tail = createByteWriter()
  const terms = Array.from(entries, ([word, places]) => ({ ...hashTerm(word), places }))
  for (const { hash, check, places } of terms.sort((first, second) => first.hash - second.hash)) {
    const slot = freeSlot(head, slots, hash)
    head.set([hash, check, head.byteLength + tail.length(), places.length / 2], slot)
    writePlaces(tail, places)
  }
  return joined([new Uint8Array(head.buffer), tail.written()])
}

function freeSlot(head: Uint32Array, slots: number, hash: number): number {
  let slot = slotOf(hash, slots)
  while (head[headWords + slotWords * slot + 2] !== 0) slot = slot + 1 === slots ? 0 : slot + 1
  return headWords + slotWords * slot
}

function slotOf(hash: number, slots: number): number {
  return Math.floor((hash / 0x1_0000_0000) * slots)
}

/** For each term pairs of chunk and count, flat. */
function collect(chunks: readonly Chunk[]): { lengths: number[]; entries: Map<string, number[]> } {
  const entries = new Map<string, number[]>()
  const lengths = chunks.map(({ headings, text }, chunk) => {
    const terms = [...headings.flatMap(termsOf), ...termsOf(text)]
    for (const term of terms) {
      const places = entries.get(term)
      if (!places) entries.set(term, [chunk, 1])
      else if (places.at(-2) === chunk) places[places.length - 1] = (places.at(-1) ?? 0) + 1
      else places.push(chunk, 1)
    }
    return terms.length
  })
  return { lengths, entries }
}

function writePlaces(writer: ByteWriter, places: readonly number[]): void {
  writer.number(places.length / 2)
  let before = 0
  for (let i = 0; i < places.length; i += 2) {
    const chunk = places[i] ?? 0
    const count = places[i + 1] ?? 0
    writer.number((chunk - before) * 2 + (count === 1 ? 1 : 0))
    if (count !== 1) writer.number(count)
    before = chunk
  }
}

export interface HashedTerm {
  readonly hash: number
  readonly check: number
}

/** Two hashes in the manner of FNV-1a over the UTF-16 code units, mixed once more so that they spread evenly. */
export function hashTerm(word: string): HashedTerm {
  let hash = 0x811c9dc5
  let check = 0x1b873593
  for (let i = 0; i < word.length; i++) {
    const unit = word.charCodeAt(i)
    hash = Math.imul(hash ^ unit, 0x01000193)
    check = Math.imul(check ^ unit, 0x5bd1e995) ^ (check >>> 15)
  }
  return { hash: mixed(hash), check: mixed(check) }
}

function mixed(hash: number): number {
  let mix = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return (mix ^ (mix >>> 16)) >>> 0
}

export interface PostingsHead {
  readonly chunks: number
  readonly slots: number
  /** Of all chunks, in terms. */
  readonly totalLength: number
}

export function readHead(postings: Uint8Array): PostingsHead {
  const head = new DataView(postings.buffer, postings.byteOffset, postings.byteLength)
  if (head.getUint32(0, true) !== format) throw new Error('this segment was written by another version')
  return { chunks: head.getUint32(4, true), slots: head.getUint32(8, true), totalLength: head.getUint32(12, true) }
}

/** Where looking for a term begins, as the number of the slot's first word. */
export function firstSlot(at: number, slots: number, { hash }: HashedTerm): number {
  return at / 4 + headWords + slotWords * slotOf(hash, slots)
}

/** The slot of a term in the segment at `at`, as the number of its first word; 0 when the segment lacks the term. */
export function findTerm(words: Uint32Array, at: number, slots: number, { hash, check }: HashedTerm): number {
  if (slots === 0) return 0
  const table = at / 4 + headWords
  for (let slot = slotOf(hash, slots); ; slot = slot + 1 === slots ? 0 : slot + 1) {
    const first = table + slotWords * slot
    const stored = words[first] ?? 0
    if (stored === hash && words[first + 1] === check) return first
    if (stored > hash || words[first + 2] === 0) return 0
  }
}

/** Where the lengths of chunks begin, as the number of the first word. */
export function lengthsAt(at: number, slots: number): number {
  return at / 4 + headWords + slotWords * slots
}

interface ByteWriter {
  number(value: number): void
  length(): number
  written(): Uint8Array
}

function createByteWriter(): ByteWriter {
  let buffer = new Uint8Array(1024)
  let length = 0

  function reserve(more: number): void {
    if (length + more <= buffer.length) return
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more))
    larger.set(buffer.subarray(0, length))
    buffer = larger
  }
  return {
    number(value) {
      reserve(5)
      let rest = value
      for (; rest >= 0x80; rest >>>= 7) buffer[length++] = (rest & 0x7f) | 0x80
      buffer[length++] = rest
    },
    length: () => length,
    written: () => buffer.subarray(0, length),
  }
}
