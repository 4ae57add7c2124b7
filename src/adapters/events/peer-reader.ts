import { createParser } from 'eventsource-parser'
import { Agent } from 'undici'
import type { StreamEvent } from '../../api/stream-event.ts'
import type { Node } from '../../ports/cluster.ts'

/** Reads what other nodes tell of the legs they carry out. */
export interface PeerReader {
  /**
   * The events of the leg under this job, from its first to `done`; none when that node does not lend it. Rejects when
   * the node does not answer, or breaks off.
   */
  read(node: Node, job_id: string, signal: AbortSignal): AsyncIterable<StreamEvent>
  close(): Promise<void>
}

/** Longer than the pause between two signs of life in a stream, which is 15 seconds. */
const silenceMs = 20_000

/** `secret` is what every node knows. */
export function createPeerReader({ secret }: { secret: string }): PeerReader {
  const agent = new Agent({
    connections: null, // as many as there are legs to follow
    connect: { timeout: 2_000 },
    headersTimeout: 5_000,
    bodyTimeout: silenceMs,
  })

  async function* read({ url }: Node, job_id: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    const { origin, pathname } = new URL(url)
    const { statusCode, body } = await agent.request({
      origin,
      path: `${pathname.replace(/\/+$/, '')}/internal/jobs/${job_id}/events`,
      method: 'GET',
      headers: { authorization: `Bearer ${secret}` },
      signal,
    })
    if (statusCode === 200) return yield* eventsIn(body)
    await body.dump()
    if (statusCode !== 404) throw new Error(`the node answered with status ${statusCode}`)
  }

  return { read, close: () => agent.destroy() }
}

async function* eventsIn(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const events: StreamEvent[] = []
  const parser = createParser({
    onEvent({ event, data }) {
      // Written by a node of our own from the same type.
      events.push({ event, data: event === 'done' ? data : JSON.parse(data) } as StreamEvent)
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield* events.splice(0)
  }
}
