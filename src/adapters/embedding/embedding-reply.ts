import { z } from 'zod'
import { type FailureContext, failureOfChunk, UpstreamFailure } from '../model/upstream-failure.ts'

/** Numbers are checked where they are copied: there are a hundred thousand in a reply. */
const list = z.object({
  data: z.array(
    z.object({
      index: z.int().nullish(),
      embedding: z.union([z.string(), z.custom<readonly unknown[]>(Array.isArray)]),
    }),
  ),
})
type Entry = z.infer<typeof list>['data'][number]

/**
 * The vectors of a reply, numbers or base64, in the order of the `count` texts that were sent. Throws `UpstreamFailure`
 * for anything else, an error that came with status 200 included.
 */
export function readReply(body: string, count: number, context: FailureContext): Float32Array[] {
  const fail = (what: string) =>
    new UpstreamFailure('server_error', `${context.who} ${what} (model '${context.model}').`)
  const value = parse(body)
  const reply = list.safeParse(value)
  if (!reply.success) throw reported(value, context) ?? fail('answered something that is no list of embeddings')
  const { data } = reply.data
  if (data.length !== count) throw fail(`answered ${data.length} embeddings for ${count} texts`)
  const ordered = inOrder(data)
  if (ordered === null)
    throw fail('numbered its embeddings in no order; REPRISE_EMBEDDING_BATCH=1 asks for one at a time')
  return ordered.map(({ embedding }) => {
    const vector = typeof embedding === 'string' ? fromBase64(embedding) : fromNumbers(embedding)
    if (vector === null) throw fail('answered an embedding that is not made of numbers')
    return vector
  })
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined // no list either, as what was cut off is none
  }
}

function reported(value: unknown, context: FailureContext): UpstreamFailure | null {
  const answer = z.object({ error: z.unknown().refine(Boolean) }).safeParse(value)
  return answer.success ? failureOfChunk(answer.data.error, context) : null
}

/** By their indexes, each from 0 on once; as they come where none has one. Null for anything in between. */
function inOrder(data: readonly Entry[]): readonly Entry[] | null {
  if (data.every(({ index }) => index === undefined || index === null)) return data
  const byIndex = new Map(data.map((entry) => [entry.index, entry]))
  const ordered = data.flatMap((_, index) => byIndex.get(index) ?? [])
  return ordered.length === data.length ? ordered : null
}

/** Little-endian 32-bit floats. */
function fromBase64(text: string): Float32Array | null {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length % 4 !== 0) return null
  const vector = new Float32Array(bytes.length / 4)
  for (let index = 0; index < vector.length; index++) vector[index] = bytes.readFloatLE(index * 4)
  return vector
}

function fromNumbers(values: readonly unknown[]): Float32Array | null {
  const vector = new Float32Array(values.length)
  for (const [index, value] of values.entries()) {
    if (typeof value !== 'number') return null
    vector[index] = value
  }
  return vector
}
