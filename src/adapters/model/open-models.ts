import type { Log } from '../../lib/log.ts'
import { openConnection } from './connection.ts'
import { defaultScript } from './default-script.ts'
import { type Discovered, discoverUpstream } from './discover.ts'
import { createHttpUpstream } from './http-upstream.ts'
import { type MappedUpstream, type ModelMapping, readModelsFile } from './models-file.ts'
import { pause, usualRetries } from './retry.ts'
import { createRouting, type Models, type Route } from './routing.ts'
import { parseScript, readScriptFile } from './script-file.ts'
import { createScriptedModel } from './scripted-model.ts'
import type { Upstream } from './upstream.ts'
import { byPrecision, fits } from './wildcard.ts'

/** What was configured about models; the server's configuration has all of it. */
export interface ModelSettings {
  readonly upstream: { readonly url: string; readonly key: string | undefined } | undefined
  readonly openaiApiKey: string | undefined
  /** Paths of YAML files. */
  readonly modelsFile: string | undefined
  readonly scriptFile: string | undefined
  /** Seconds that an upstream may stay silent. */
  readonly upstreamIdleTimeout: number
}

export interface OpenedModels {
  readonly models: Models
  /** Who answers for names that the models file does not map; null when nobody does. */
  readonly upstream: Discovered | null
  /** The names and wildcards of the models file. */
  readonly mapped: readonly string[]
  /** Where requests of that name go; null when nobody answers for it. */
  find(model: string): FoundModel | null
}

export interface FoundModel {
  readonly upstream: MappedUpstream | 'scripted'
  /** What the upstream calls it. */
  readonly model: string
}

/**
 * Everything behind the model port, as configured: the models file's mappings first, and for other names the upstream
 * that was configured or is found. With a models file nothing is looked for. Throws `YamlFileError` for a file that
 * cannot be used.
 */
export async function openModels(
  settings: ModelSettings,
  { env, log, signal }: { env: Readonly<Record<string, string | undefined>>; log: Log; signal: AbortSignal },
): Promise<OpenedModels> {
  const { upstream, openaiApiKey, modelsFile, scriptFile } = settings
  const inFile = modelsFile === undefined ? [] : await readModelsFile(modelsFile, { env })
  const scripted = await openScripted(settings)
  const discover = modelsFile === undefined || upstream !== undefined
  const found = discover
    ? await discoverUpstream({ upstream, openaiApiKey, scripted: scriptFile !== undefined, signal })
    : null
  const open = opener(settings, scripted, log)
  const others = found ? [{ pattern: '*', upstream: asMapped(found), model: null, contextWindow: null }] : []
  const mappings = byPrecision([...inFile, ...others])
  const routes = mappings.map((mapping) => routeOf(mapping, open))
  const models = createRouting({ routes, log, created: unixNow(), listTimeout: 2000 })
  return {
    models,
    upstream: found,
    mapped: inFile.map(({ pattern }) => pattern),
    find: (model) => foundIn(mappings, model),
  }
}

function foundIn(mappings: readonly ModelMapping[], name: string): FoundModel | null {
  const mapping = mappings.find(({ pattern }) => fits(pattern, name))
  return mapping ? { upstream: mapping.upstream, model: mapping.model ?? name } : null
}

async function openScripted({ scriptFile, upstreamIdleTimeout }: ModelSettings): Promise<Upstream> {
  const script =
    scriptFile === undefined ? parseScript(defaultScript, 'the default script') : await readScriptFile(scriptFile)
  return createScriptedModel({ script, idleTimeout: upstreamIdleTimeout * 1000, sleep: pause, now: unixNow })
}

type Open = (mapped: MappedUpstream | 'scripted') => Upstream

/** Opens each upstream once, however many names go there. */
function opener({ upstreamIdleTimeout }: ModelSettings, scripted: Upstream, log: Log): Open {
  const opened = new Map<string, Upstream>()
  return (mapped) => {
    if (mapped === 'scripted') return scripted
    const key = JSON.stringify(mapped)
    const existing = opened.get(key)
    if (existing) return existing
    const { url, drop } = mapped
    const idleTimeout = mapped.idleTimeout ?? upstreamIdleTimeout * 1000
    const dialect = { tokenLimitField: mapped.tokenLimitField ?? tokenLimitFieldOf(url), drop }
    const connection = openConnection({ url, key: mapped.key, idleTimeout })
    const upstream = createHttpUpstream(connection, { dialect, retry: usualRetries, log, now: Date.now })
    opened.set(key, upstream)
    return upstream
  }
}

function routeOf({ pattern, upstream, model, contextWindow }: ModelMapping, open: Open): Route {
  return { pattern, upstream: open(upstream), model, contextWindow }
}

function asMapped({ url, key }: Discovered): MappedUpstream | 'scripted' {
  return url === null ? 'scripted' : { url, key, tokenLimitField: null, idleTimeout: null, drop: [] }
}

/** Ollama and LM Studio, known by their ports, read only the older field and pass over the newer one in silence. */
function tokenLimitFieldOf(url: string): 'max_completion_tokens' | 'max_tokens' {
  return ['11434', '1234'].includes(new URL(url).port) ? 'max_tokens' : 'max_completion_tokens'
}

function unixNow(): number {
  return Math.floor(Date.now() / 1000)
}
