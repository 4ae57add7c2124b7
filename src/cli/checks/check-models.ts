import { openConnection } from '../../adapters/model/connection.ts'
import { discoverUpstream } from '../../adapters/model/discover.ts'
import { fetchModels } from '../../adapters/model/model-list.ts'
import { type ModelMapping, readModelsFile } from '../../adapters/model/models-file.ts'
import { readScriptFile } from '../../adapters/model/script-file.ts'
import { UpstreamFailure } from '../../adapters/model/upstream-failure.ts'
import type { Config, Environment } from '../../config.ts'
import { type Finding, reasonOf, well, wrong } from './finding.ts'

const patience = 5_000

/** Whether the files about models can be used, and whether every upstream answers and offers what is asked of it. */
export async function checkModels(config: Config, env: Environment): Promise<Finding[]> {
  return [
    ...(config.scriptFile === undefined ? [] : [await checkScript(config.scriptFile)]),
    ...(config.modelsFile === undefined ? [] : await checkModelsFile(config.modelsFile, env)),
    ...(config.modelsFile === undefined || config.upstream ? [await checkUpstream(config)] : []),
  ]
}

async function checkScript(path: string): Promise<Finding> {
  try {
    const { rules } = await readScriptFile(path)
    return well('Script', `${path}, ${counted(rules.length, 'rule')}`)
  } catch (error) {
    return wrong('Script', reasonOf(error), 'Correct REPRISE_SCRIPT or the file: docs/scripted-model.md has its form.')
  }
}

async function checkModelsFile(path: string, env: Environment): Promise<Finding[]> {
  try {
    const mappings = await readModelsFile(path, { env })
    const listed = well('Models file', `${path}, ${counted(mappings.length, 'name')}`)
    return [listed, ...(await Promise.all(byUpstream(mappings).map(checkMapped)))]
  } catch (error) {
    return [wrong('Models file', reasonOf(error), 'Correct REPRISE_MODELS or the file: docs/models.md has its form.')]
  }
}

async function checkUpstream(config: Config): Promise<Finding> {
  const { upstream, openaiApiKey, scriptFile } = config
  const signal = AbortSignal.timeout(patience)
  const found = await discoverUpstream({ upstream, openaiApiKey, scripted: scriptFile !== undefined, signal })
  if (found.url === null) return well('Model', found.label, scriptFile === undefined ? connectOne : null)
  return checkEndpoint(found.label, found.url, found.key, [])
}

const connectOne = 'For a language model set REPRISE_UPSTREAM_URL to an OpenAI-compatible API, or OPENAI_API_KEY.'

interface Endpoint {
  url: string
  key: string | null
  /** Models that are mapped to it, by its own names. */
  wanted: string[]
}

function byUpstream(mappings: readonly ModelMapping[]): Endpoint[] {
  const endpoints = new Map<string, Endpoint>()
  for (const { upstream, pattern, model } of mappings) {
    if (upstream === 'scripted') continue
    const id = JSON.stringify([upstream.url, upstream.key])
    const endpoint = endpoints.get(id) ?? { url: upstream.url, key: upstream.key, wanted: [] }
    const name = model ?? pattern
    if (!name.includes('*')) endpoint.wanted.push(name)
    endpoints.set(id, endpoint)
  }
  return [...endpoints.values()]
}

function checkMapped({ url, key, wanted }: Endpoint): Promise<Finding> {
  return checkEndpoint(url, url, key, wanted)
}

async function checkEndpoint(label: string, url: string, key: string | null, wanted: string[]): Promise<Finding> {
  const connection = openConnection({ url, key, idleTimeout: patience, connectTimeout: patience })
  try {
    const { models } = await fetchModels(connection, { signal: AbortSignal.timeout(patience) })
    const offered = models.map(({ id }) => id)
    const absent = wanted.filter((name) => !offered.includes(name))
    if (absent.length > 0)
      return wrong('Model', `${label} does not offer ${absent.join(', ')}`, `It offers ${few(offered)}.`)
    return well('Model', `${label} offers ${few(offered)}`)
  } catch (error) {
    return explain(label, error)
  } finally {
    await connection.close()
  }
}

function explain(label: string, error: unknown): Finding {
  const status = error instanceof UpstreamFailure ? error.status : null
  if (status === 401 || status === 403)
    return wrong('Model', `${label} refuses the key (HTTP ${status})`, 'Correct the key that is configured for it.')
  if (status === 404)
    return wrong('Model', `${label} has no list of models (HTTP 404)`, 'Correct its address: does it end in /v1?')
  return wrong('Model', `${label}: ${reasonOf(error)}`, 'Start it, or correct its address.')
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
