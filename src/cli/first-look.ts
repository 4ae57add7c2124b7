import type { Config } from '../config.ts'
import type { Server } from '../server.ts'
import { checkEndpoint, type EndpointFinding } from './checks/check-endpoint.ts'

const patience = 1000

/** What the upstream says right after the start: its models, or why it cannot be used. Null when there is none to ask. */
export async function firstLook(
  { label, url }: Server['upstream'],
  { upstream, openaiApiKey }: Config,
): Promise<EndpointFinding | null> {
  if (url === null) return null
  const key = (upstream ? upstream.key : openaiApiKey) ?? null
  return checkEndpoint({ label, url, key }, { patience })
}
