import { openConnection } from './connection.ts'
import { fetchModels } from './model-list.ts'

/** Who answers for models, and how that was decided; for the lines that are printed at the start. */
export interface Discovered {
  readonly kind: 'configured' | 'openai' | LocalKind | 'scripted'
  /** For people: `Ollama at http://127.0.0.1:11434/v1`. */
  readonly label: string
  /** Base URL; null for the scripted model. */
  readonly url: string | null
  readonly key: string | null
  /** What it offered when it was found; empty when it was not asked. */
  readonly models: readonly string[]
}

export type LocalKind = 'ollama' | 'lm-studio' | 'llama.cpp' | 'vllm'

export interface LocalServer {
  readonly kind: LocalKind
  readonly name: string
  readonly port: number
}

/** The usual ports of model servers, in the order of preference. */
export const localServers: readonly LocalServer[] = [
  { kind: 'ollama', name: 'Ollama', port: 11434 },
  { kind: 'lm-studio', name: 'LM Studio', port: 1234 },
  { kind: 'llama.cpp', name: 'llama.cpp', port: 8080 },
  { kind: 'vllm', name: 'vLLM', port: 8000 },
]

export interface DiscoverOptions {
  readonly upstream: { readonly url: string; readonly key: string | undefined } | undefined
  readonly openaiApiKey: string | undefined
  /** A script was given: its author wants the scripted model, and no tokens paid for. */
  readonly scripted: boolean
  readonly signal: AbortSignal
  readonly servers?: readonly LocalServer[]
  /** Milliseconds that a server on this machine has to answer. */
  readonly probeTimeout?: number
}

const openaiUrl = 'https://api.openai.com/v1'

/**
 * The upstream that was configured, else the scripted model if there is a script, else OpenAI if there is a key for it,
 * else the first model server found on this machine, else the scripted model.
 */
export async function discoverUpstream(options: DiscoverOptions): Promise<Discovered> {
  const { upstream, openaiApiKey, scripted, signal, servers = localServers, probeTimeout = 300 } = options
  if (upstream) {
    const { url, key = null } = upstream
    return { kind: 'configured', label: url, url, key, models: [] }
  }
  if (scripted) return scriptedModel
  if (openaiApiKey !== undefined)
    return { kind: 'openai', label: 'OpenAI', url: openaiUrl, key: openaiApiKey, models: [] }
  const probes = await Promise.all(
    servers.map((server) => probe(server, AbortSignal.any([signal, AbortSignal.timeout(probeTimeout)]))),
  )
  signal.throwIfAborted()
  return probes.find((found) => found !== null) ?? scriptedModel
}

const scriptedModel: Discovered = { kind: 'scripted', label: 'the scripted model', url: null, key: null, models: [] }

/** Null when no model server answers there, or when it is a Reprise, which has no models of its own. */
async function probe({ kind, name, port }: LocalServer, signal: AbortSignal): Promise<Discovered | null> {
  const url = `http://127.0.0.1:${port}/v1`
  const connection = openConnection({ url, key: null, idleTimeout: 1000 })
  try {
    const { models, fromReprise } = await fetchModels(connection, { signal })
    if (fromReprise) return null
    return { kind, label: `${name} at ${url}`, url, key: null, models: models.map(({ id }) => id) }
  } catch {
    return null // nothing there, or something else: that is what was asked
  } finally {
    await connection.close()
  }
}
