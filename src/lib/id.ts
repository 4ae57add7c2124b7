import { randomFillSync } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const prefixes = {
  assistant: 'asst_',
  thread: 'thread_',
  message: 'msg_',
  run: 'run_',
  step: 'step_',
  call: 'call_',
  job: 'job_',
  segment: 'seg_',
  node: 'node_',
} as const

/** Makes ids; handed to whoever needs new ones, so that tests can choose them. */
export type NewId = (kind: IdKind) => string
export type IdKind = keyof typeof prefixes | 'file' | 'vector_store' | 'file_batch' | 'upload' | 'part' | 'request'

/**
 * A new id in the shape the API gives that kind. The first seven characters follow the clock in milliseconds, so that
 * neighbours in time are neighbours in an index; the rest is random (at least 89 bits).
 */
export function newId(kind: IdKind): string {
  if (kind === 'file') return `file-${ordered(22)}`
  if (kind === 'vector_store') return `vs_${hex(32)}`
  if (kind === 'file_batch') return `vsfb_${hex(32)}`
  if (kind === 'upload') return `upload_${hex(32)}`
  if (kind === 'part') return `part_${hex(32)}`
  if (kind === 'request') return `req_${hex(32)}`
  return prefixes[kind] + ordered(24)
}

const pool = Buffer.alloc(4096)
let used = pool.length

function randomByte(): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool[used++] as number
}

function ordered(length: number): string {
  let time = Date.now()
  let text = ''
  for (let place = 0; place < 7; place++) {
    text = alphabet[time % 62] + text
    time = Math.floor(time / 62)
  }
  while (text.length < length) {
    const byte = randomByte()
    if (byte < 248) text += alphabet[byte % 62] // 248 = 4 * 62: no character is likelier than another
  }
  return text
}

function hex(length: number): string {
  const end = used + length / 2
  if (end <= pool.length) {
    const text = pool.toString('hex', used, end)
    used = end
    return text
  }
  used = pool.length // what is left of the pool is too short: fill it again
  randomByte()
  return hex(length)
}
