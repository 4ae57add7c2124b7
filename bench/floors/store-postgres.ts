import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { serve } from '../program.ts'

/**
 * Floor F1 on Postgres: the least a server can do and still keep a message there. Bare node:http, `pg` with prepared
 * statements and as many connections as the product has, each message a commit of its own, as there. One round trip for
 * each request. No authentication, no schema, no existence checks.
 *
 *   node store-postgres.ts DATABASE-URL
 */
const pool = new pg.Pool({ connectionString: process.argv[2], max: 16, min: 4 })
await pool.query(`
  create table floor_message (seq bigint primary key generated always as identity, id text unique not null, thread_id text not null, body text not null);
  create index floor_message_by_thread on floor_message (thread_id, seq);
`)
const insert = 'insert into floor_message (id, thread_id, body) values ($1, $2, $3)'
const getOne = 'select body from floor_message where id = $1'
const newest = 'select id, body from floor_message where thread_id = $1 order by seq desc limit $2'
const older =
  'select id, body from floor_message where thread_id = $1 and seq < (select seq from floor_message where id = $3) order by seq desc limit $2'

let created = 0

serve(
  createServer(async (request, response) => {
    const url = request.url ?? ''
    const [path = '', query] = url.split('?')
    const [, , , threadId = '', , messageId] = path.split('/')
    if (url === '/v1/threads') send(response, `{"id":"${newId('thread')}","object":"thread"}`)
    else if (request.method === 'POST') await createMessage(threadId, request, response)
    else if (messageId) send(response, String((await ask('get', getOne, [messageId]))[0]?.body))
    else await listMessages(threadId, new URLSearchParams(query), response)
  }),
)

async function ask(name: string, statement: string, values: unknown[]): Promise<{ id: string; body: string }[]> {
  return (await pool.query({ name, text: statement, values })).rows
}

async function createMessage(threadId: string, request: IncomingMessage, response: ServerResponse) {
  const { role, content, metadata = {} } = JSON.parse(await text(request))
  if (role !== 'user' || typeof content !== 'string') return send(response, '{"error":{}}', 400)
  const now = Math.floor(Date.now() / 1000)
  const id = newId('msg')
  const body = JSON.stringify({
    id,
    object: 'thread.message',
    created_at: now,
    assistant_id: null,
    thread_id: threadId,
    run_id: null,
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: now,
    role,
    content: [{ type: 'text', text: { value: content, annotations: [] } }],
    attachments: [],
    metadata,
  })
  await ask('insert', insert, [id, threadId, body])
  send(response, body)
}

async function listMessages(threadId: string, query: URLSearchParams, response: ServerResponse) {
  const limit = Number(query.get('limit') ?? 20)
  const after = query.get('after')
  const rows = after
    ? await ask('older', older, [threadId, limit + 1, after])
    : await ask('newest', newest, [threadId, limit + 1])
  const hasMore = rows.length > limit
  if (hasMore) rows.pop()
  const data = rows.map((row) => row.body).join(',')
  const [first, last] = [rows.at(0)?.id, rows.at(-1)?.id].map((id) => (id ? `"${id}"` : 'null'))
  send(response, `{"object":"list","data":[${data}],"first_id":${first},"last_id":${last},"has_more":${hasMore}}`)
}

function newId(prefix: string): string {
  return `${prefix}_${(Date.now() * 1000 + (created++ % 1000)).toString(36).padStart(24, '0')}`
}

function send(response: ServerResponse, body: string, status = 200) {
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}
