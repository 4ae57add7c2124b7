import { type Json, json } from '../support/json.ts'
import { startServer, type TestServer } from '../support/start-server.ts'
import { compare, type Difference } from './compare.ts'
import { joinDeltas, readEvents } from './events.ts'
import { Ids } from './ids.ts'
import { Ingestion } from './ingestion.ts'
import type { Exchange, Recording } from './recordings.ts'
import { requestOf } from './requests.ts'
import { Stage } from './stage.ts'
import { createStrangers } from './strangers.ts'
import { statusOf, turnsOf } from './turns.ts'

/** A difference, and the exchange that showed it. */
export type Finding = Difference & { readonly exchange: string }

/** Plays a recording, or its first exchanges, against a server of its own. Answers what our replies say otherwise. */
export async function replay(recording: Recording, count = recording.exchanges.length): Promise<Finding[]> {
  const stage = new Stage(turnsOf(recording))
  const ingestion = new Ingestion(recording)
  const env = { REPRISE_MAX_RUNS: '1', REPRISE_INDEXING_CONCURRENCY: '20' }
  await using server = await startServer({ model: stage.model, embedder: ingestion.embedder, env })
  const ids = new Ids()
  const exchanges = withoutRepetition(recording.exchanges.slice(0, count))
  const findings: Finding[] = []
  try {
    await createStrangers(server, recording, ids)
    for (const [index, exchange] of exchanges.entries()) {
      const path = ids.translate(exchange.path)
      await stage.prepare(server, exchange, { path, later: exchanges.slice(index + 1) })
      await ingestion.prepare(server, exchange, path)
      const ours = await send(server, exchange, { path, recording, ids })
      const name = `${recording.name} ${exchange.method} ${exchange.path}`
      const differences = compare(replyOf(exchange.status, exchange.response_type, exchange.response), ours, ids)
      findings.push(...differences.map((difference) => ({ ...difference, exchange: name })))
    }
  } finally {
    stage.close()
    ingestion.release()
  }
  return findings
}

/** Whoever polls gets the same answer many times; once is enough. */
function withoutRepetition(exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.filter((exchange, index) => {
    const before = exchanges[index - 1]
    const polls = exchange.method === 'GET' && statusOf(exchange) !== undefined && before?.path === exchange.path
    return !polls || before.method !== 'GET' || statusOf(before) !== statusOf(exchange)
  })
}

async function send(
  server: TestServer,
  exchange: Exchange,
  { path, recording, ids }: { path: string; recording: Recording; ids: Ids },
): Promise<Json> {
  const { contentType, body } = requestOf(exchange, recording)
  const reply = await fetch(new URL(path, server.baseURL), {
    method: exchange.method,
    ...(contentType !== null && { headers: { 'content-type': contentType } }),
    ...(body !== undefined && { body: ids.translate(body) }),
  })
  const type = reply.headers.get('content-type')
  const text = await reply.text()
  return replyOf(reply.status, type, type?.startsWith('text/') ? text : json.parse(JSON.parse(text)))
}

/** Status, kind of content and content in one, to be compared together. */
function replyOf(status: number, type: string | null, content: Json): Json {
  if (typeof content !== 'string') return { status, type, content }
  const events = joinDeltas(readEvents(content))
  return { status, type, order: events.map(({ event }) => event).join('\n'), events }
}
