import { at, isObject, type Json, listAt } from '../support/json.ts'
import type { TestServer } from '../support/start-server.ts'
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
 * The recording account had assistants of its own, which its lists show after those of the session. They are made
 * first, and one more where a list says that it goes on.
 */
export async function createStrangers({ baseURL }: TestServer, { exchanges }: Recording): Promise<void> {
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
  return Object.fromEntries(given)
}

/** Shown by the original, but taken by nobody. */
function withoutHybridSearch(key: string, value: unknown): unknown {
  return key === 'hybrid_search' ? undefined : value
}
