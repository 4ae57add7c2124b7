import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { serve } from '../program.ts'

/**
 * Floor F1: the least a server can do and still keep a message. Bare node:http, bare node:sqlite, the very durability
 * the product promises (WAL, synchronous=FULL, one commit for all requests that wait), JSON text stored and sent as it
 * is. No authentication, no schema, no existence checks.
 *
 *   node store.ts DATABASE-FILE
 */
const database = new DatabaseSync(process.argv[2] ?? ':memory:')
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists message (seq integer primary key, id text unique not null, thread_id text not null, body text not null);
  create index if not exists message_by_thread on message (thread_id, seq);
`)
const insert = database.prepare('insert into message (id, thread_id, body) values (?, ?, ?)')
const getOne = database.prepare('select body from message where id = ?')
const newest = database.prepare('select id, body from message where thread_id = ? order by seq desc limit ?')
const older = database.prepare(
  'select id, body from message where thread_id = ? and seq < (select seq from message where id = ?) order by seq desc limit ?',
)

interface Waiting {
  row: [id: string, threadId: string, body: string]
  response: ServerResponse
}

let waiting: Waiting[] = []
let created = 0

serve(
  createServer(async (request, response) => {
    const url = request.url ?? ''
    const [path = '', query] = url.split('?')
    const [, , , threadId = '', , messageId] = path.split('/')
    if (url === '/v1/threads') send(response, `{"id":"${newId('thread')}","object":"thread"}`)
    else if (request.method === 'POST') await createMessage(threadId, request, response)
    else if (messageId) send(response, String(getOne.get(messageId)?.body))
    else listMessages(threadId, new URLSearchParams(query), response)
  }),
)

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
  if (waiting.push({ row: [id, threadId, body], response }) === 1) setImmediate(commit)
}

function commit() {
  const batch = waiting
  waiting = []
  database.exec('begin immediate')
  for (const { row } of batch) insert.run(...row)
  database.exec('commit')
  for (const { row, response } of batch) send(response, row[2])
}

function listMessages(threadId: string, query: URLSearchParams, response: ServerResponse) {
  const limit = Number(query.get('limit') ?? 20)
  const after = query.get('after')
  const rows = after ? older.all(threadId, after, limit + 1) : newest.all(threadId, limit + 1)
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
