import { z } from 'zod'
import type { OfferedModel } from '../../ports/model.ts'
import { type Connection, headerOf, readText } from './connection.ts'
import { failureOfAnswer, UpstreamFailure } from './upstream-failure.ts'

const maxLength = 4 * 1024 * 1024

const modelList = z.object({
  data: z.array(
    z.object({ id: z.string(), created: z.int().nullish().catch(null), owned_by: z.string().nullish().catch(null) }),
  ),
})

/** A model list, and whether it was another Reprise that answered. */
export interface ModelList {
  readonly models: OfferedModel[]
  readonly fromReprise: boolean
}

/** `GET /models` of an upstream. Rejects with `UpstreamFailure` for anything else than a list, an empty one included. */
export async function fetchModels(connection: Connection, { signal }: { signal: AbortSignal }): Promise<ModelList> {
  const response = await connection.send({ method: 'GET', path: '/models', model: '', signal })
  const body = await readText(response.body, maxLength)
  const context = connection.context('')
  if (response.statusCode !== 200)
    throw failureOfAnswer({ status: response.statusCode, body, retryAfter: null }, context)
  // Reprise numbers its replies as OpenAI does; the servers that are looked for on this machine do not.
  const fromReprise = headerOf(response, 'x-request-id')?.startsWith('req_') ?? false
  return { models: parseModels(body, connection), fromReprise }
}

function parseModels(body: string, { host, context }: Connection): OfferedModel[] {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (cause) {
    throw new UpstreamFailure('server_error', `${context('').who} answered no JSON.`, { cause })
  }
  const list = modelList.safeParse(value)
  if (!list.success || list.data.data.length === 0)
    throw new UpstreamFailure('server_error', `${context('').who} offers no models.`)
  return list.data.data.map(({ id, created, owned_by }) => ({ id, created: created ?? 0, owned_by: owned_by ?? host }))
}
