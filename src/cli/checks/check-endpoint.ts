import { openConnection } from '../../adapters/model/connection.ts'
import { fetchModels } from '../../adapters/model/model-list.ts'
import { UpstreamFailure } from '../../adapters/model/upstream-failure.ts'
import { type Finding, reasonOf, well, wrong } from './finding.ts'

const name = 'Model'

export interface Endpoint {
  /** What people call it. */
  label: string
  url: string
  key: string | null
}

export interface EndpointFinding extends Finding {
  /** The names of its models; empty when it did not tell. */
  readonly offered: readonly string[]
}

/** Whether an OpenAI-compatible API answers within `patience` milliseconds, and which models it offers. */
export async function checkEndpoint(
  { label, url, key }: Endpoint,
  { patience }: { patience: number },
): Promise<EndpointFinding> {
  const connection = openConnection({ url, key, idleTimeout: 2 * patience })
  try {
    const { models } = await fetchModels(connection, { signal: AbortSignal.timeout(patience) })
    const offered = models.map(({ id }) => id)
    return { ...well(name, `${label} offers ${few(offered)}`), offered }
  } catch (error) {
    return { ...explain(label, error, patience), offered: [] }
  } finally {
    await connection.close()
  }
}

function explain(label: string, error: unknown, patience: number): Finding {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return wrong(
      name,
      `${label} does not answer within ${patience / 1000} s`,
      'Check that it runs and that this machine can reach it.',
    )
  if (!(error instanceof UpstreamFailure)) return wrong(name, `${label}: ${reasonOf(error)}`, 'Correct its address.')
  const { status, message } = error
  if (status === 401 || status === 403)
    return wrong(name, `${label} refuses the key (HTTP ${status})`, 'Correct the key that is configured for it.')
  if (status === 404)
    return wrong(name, `${label} has no list of models (HTTP 404)`, 'Correct its address: does it end in /v1?')
  if (status !== null) return wrong(name, `${label} answers with HTTP ${status}`, 'See what is the matter there.')
  const code = codeOf(error.cause)
  if (code !== null)
    return wrong(name, `${label} cannot be reached (${code})`, 'Check that it runs and that this machine can reach it.')
  return wrong(name, `${label}: ${message}`, 'Load a model there, or correct its address.')
}

/** `ECONNREFUSED` and the like. */
function codeOf(cause: unknown): string | null {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null
}

/** The first few of many. */
export function few(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
