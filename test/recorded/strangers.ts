import { toFile } from 'openai'
import { at, isObject, type Json, listAt, textAt } from '../support/json.ts'
import type { TestServer } from '../support/start-server.ts'
import type { Ids } from './ids.ts'
import type { Recording } from './recordings.ts'

const settings = [
  'model',
  'name',
  'description',
  'instructions',
  'tools',
  'temperature',
  'top_p',
  'metadata',
  'response_format',
]

/**
 * The recording account had assistants of its own, which its lists show after those of the session, and files that were
 * uploaded before. They are made first, and one more assistant where a list says that it goes on.
 */
export async function createStrangers(server: TestServer, recording: Recording, ids: Ids): Promise<void> {
  await createAssistants(server, recording)
  await uploadFiles(server, recording, ids)
}

/** What requests attach that nobody uploaded. */
async function uploadFiles({ client }: TestServer, { exchanges }: Recording, ids: Ids): Promise<void> {
  const created = new Set(exchanges.map(({ response }) => at(response, 'id')))
  const attached = exchanges
    .flatMap(({ request }) => listAt(request, 'attachments'))
    .map((each) => textAt(each, 'file_id'))
  for (const id of new Set(attached)) {
    if (created.has(id)) continue
    const file = await toFile(Buffer.from('What the account had before.'), 'before.txt')
    ids.pair(id, (await client.files.create({ file, purpose: 'assistants' })).id)
  }
}

async function createAssistants({ baseURL }: TestServer, { exchanges }: Recording): Promise<void> {
  const lists = exchanges.filter(({ method, path }) => method === 'GET' && /^\/v1\/assistants(\?|$)/.test(path))
  const created = new Set(exchanges.filter(({ method }) => method === 'POST').map(({ response }) => at(response, 'id')))
  const listed = lists.flatMap(({ response }) => listAt(response, 'data'))
  const strangers: Json[] = listed.filter((assistant) => !created.has(at(assistant, 'id'))).reverse()
  if (lists.some(({ response }) => at(response, 'has_more') === true)) strangers.unshift({ model: 'gpt-4o' })
  for (const stranger of strangers) {
    const body = JSON.stringify(pick(stranger), withoutHybridSearch)
    const reply = await fetch(`${baseURL}/assistants`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    if (!reply.ok) throw new Error(await reply.text())
  }
}

function pick(assistant: Json): Json {
  const given = isObject(assistant) ? Object.entries(assistant).filter(([key]) => settings.includes(key)) : []
  const stores = listAt(assistant, 'tool_resources', 'file_search', 'vector_store_ids')
  const tool_resources = { file_search: { vector_stores: stores.map(() => ({})) } }
  return { ...Object.fromEntries(given), ...(stores.length > 0 && { tool_resources }) }
}

/** Shown by the original, but taken by nobody. */
function withoutHybridSearch(key: string, value: unknown): unknown {
  return key === 'hybrid_search' ? undefined : value
}
