import { discoverUpstream } from '../../adapters/model/discover.ts'
import { type ModelMapping, readModelsFile } from '../../adapters/model/models-file.ts'
import { readScriptFile } from '../../adapters/model/script-file.ts'
import type { Config, Environment } from '../../config.ts'
import { checkEndpoint, type Endpoint, few } from './check-endpoint.ts'
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
  const { offered: _, ...finding } = await checkEndpoint({ ...found, url: found.url }, { patience })
  return finding
}

const connectOne = 'For a language model set REPRISE_UPSTREAM_URL to an OpenAI-compatible API, or OPENAI_API_KEY.'

interface Mapped extends Endpoint {
  /** Models that are mapped to it, by its own names. */
  wanted: string[]
}

function byUpstream(mappings: readonly ModelMapping[]): Mapped[] {
  const endpoints = new Map<string, Mapped>()
  for (const { upstream, pattern, model } of mappings) {
    if (upstream === 'scripted') continue
    const { url, key } = upstream
    const id = JSON.stringify([url, key])
    const endpoint = endpoints.get(id) ?? { label: url, url, key, wanted: [] }
    const name = model ?? pattern
    if (!name.includes('*')) endpoint.wanted.push(name)
    endpoints.set(id, endpoint)
  }
  return [...endpoints.values()]
}

async function checkMapped({ wanted, ...endpoint }: Mapped): Promise<Finding> {
  const { offered, ...finding } = await checkEndpoint(endpoint, { patience })
  const absent = wanted.filter((name) => !offered.includes(name))
  if (!finding.ok || absent.length === 0) return finding
  return wrong('Model', `${endpoint.label} does not offer ${absent.join(', ')}`, `It offers ${few(offered)}.`)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
