import { z } from 'zod'
import { readYamlFile, YamlFileError } from './yaml-file.ts'

const url = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address, its /v1 included' })
  .transform((text) => text.replace(/\/+$/, ''))

const access = {
  url: url.optional(),
  key: z.string().min(1).optional(),
  /** The environment variable that holds the key. */
  key_env: z.string().min(1).optional(),
  token_limit_field: z.enum(['max_completion_tokens', 'max_tokens']).optional(),
  /** Seconds. */
  idle_timeout: z.number().positive().max(3600).optional(),
}

const drop = z.array(z.string().min(1)).optional()
const oneKey = { error: 'has both key and key_env: give one', when: () => true }

const upstreamEntry = z
  .strictObject({ ...access, url, drop })
  .refine(({ key, key_env }) => key === undefined || key_env === undefined, oneKey)

const modelEntry = z
  .strictObject({
    ...access,
    drop,
    /** The name of one of `upstreams`, or `scripted`. */
    upstream: z.string().optional(),
    /** What the upstream calls the model; left out: the same name. */
    model: z.string().min(1).optional(),
    /** Tokens. */
    context_window: z.int().positive().optional(),
  })
  .refine(({ key, key_env }) => key === undefined || key_env === undefined, oneKey)
  .refine((entry) => (entry.upstream === undefined) !== (entry.url === undefined), {
    error: 'needs either upstream or url',
  })
  .refine((entry) => entry.upstream === undefined || Object.keys(access).every((name) => !Object.hasOwn(entry, name)), {
    error: 'names an upstream: its key, token_limit_field and idle_timeout are set there',
  })

/** A name alone is the upstream's. */
const target = z.preprocess((value) => (typeof value === 'string' ? { upstream: value } : value), modelEntry)

const modelsFile = z
  .strictObject({
    upstreams: z
      .record(z.string(), upstreamEntry)
      .refine((upstreams) => !Object.hasOwn(upstreams, 'scripted'), {
        error: "'scripted' is the built-in scripted model's name",
      })
      .optional(),
    models: z
      .record(z.string(), target)
      .refine((models) => Object.keys(models).length > 0, { error: 'names no model' }),
  })
  .check(({ value, issues }) => {
    for (const [name, { upstream }] of Object.entries(value.models)) {
      if (upstream === undefined || upstream === 'scripted' || Object.hasOwn(value.upstreams ?? {}, upstream)) continue
      const message = `there is no upstream '${upstream}' under upstreams`
      issues.push({ code: 'custom', input: upstream, path: ['models', name, 'upstream'], message })
    }
  })

/** Where requests of one model name, or of all that fit a wildcard, go. */
export interface ModelMapping {
  /** `gpt-4o`, `gpt-4*` or `*`. */
  readonly pattern: string
  readonly upstream: MappedUpstream | 'scripted'
  /** The upstream's own name for it; null keeps the name. */
  readonly model: string | null
  readonly contextWindow: number | null
}

/** Equal ones are the same upstream. */
export interface MappedUpstream {
  readonly url: string
  readonly key: string | null
  /** Null leaves it to what is known about servers like that. */
  readonly tokenLimitField: 'max_completion_tokens' | 'max_tokens' | null
  /** Milliseconds; null for the usual. */
  readonly idleTimeout: number | null
  readonly drop: readonly string[]
}

/**
 * Reads the file that maps model names to upstreams. `env` resolves `key_env`. Throws `YamlFileError` with one line that
 * says what is wrong and where.
 */
export async function readModelsFile(
  path: string,
  { env }: { env: Readonly<Record<string, string | undefined>> },
): Promise<ModelMapping[]> {
  const { upstreams = {}, models } = await readYamlFile(path, modelsFile)
  return Object.entries(models).map(([pattern, entry]) => ({
    pattern,
    upstream: upstreamOf(pattern, entry, upstreams, { path, env }),
    model: entry.model ?? null,
    contextWindow: entry.context_window ?? null,
  }))
}

type Entry = z.infer<typeof upstreamEntry>

function upstreamOf(
  pattern: string,
  entry: z.infer<typeof modelEntry>,
  upstreams: Record<string, Entry>,
  source: { path: string; env: Readonly<Record<string, string | undefined>> },
): MappedUpstream | 'scripted' {
  if (entry.upstream === 'scripted') return 'scripted'
  const named = entry.upstream === undefined ? undefined : upstreams[entry.upstream]
  const where = named ? `upstreams.${entry.upstream}` : `models.${pattern}`
  const { url, key, key_env, token_limit_field, idle_timeout } = named ?? entry
  return {
    url: url ?? '',
    key: key ?? keyFrom(key_env, where, source),
    tokenLimitField: token_limit_field ?? null,
    idleTimeout: idle_timeout === undefined ? null : idle_timeout * 1000,
    drop: [...(named?.drop ?? []), ...(entry.drop ?? [])],
  }
}

function keyFrom(
  name: string | undefined,
  where: string,
  { path, env }: { path: string; env: Readonly<Record<string, string | undefined>> },
): string | null {
  if (name === undefined) return null
  const key = env[name]
  if (key) return key
  throw new YamlFileError(`${path}: ${where}.key_env: the environment variable ${name} is not set`)
}
