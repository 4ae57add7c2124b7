import { join, resolve } from 'node:path'
import type { Bucket, DiskPlace } from './lib/blobs-place.ts'
import { nearest } from './lib/nearest.ts'
import { allOptions, flagOf, type Option, options } from './options.ts'
import type { NodeRole } from './ports/cluster.ts'
import type { SandboxKind, SandboxLimits } from './ports/sandbox.ts'

/** Everything that can be set about a server, checked. `readConfig({})` gives the defaults. */
export interface Config {
  host: string
  /** 0 takes a free port. */
  port: number
  /** Absolute path. */
  dataDir: string
  /** `sqlite:` followed by an absolute path, or `postgres://…`, which may hold a password. */
  databaseUrl: string
  role: NodeRole
  /** Where its peers reach this process; undefined: where it listens. */
  nodeUrl: string | undefined
  /** Where the contents of files are kept: a folder by its absolute path, or a bucket. */
  blobs: DiskPlace | Bucket
  /** Base URL (its `/v1` included, no slash at the end) and key of an OpenAI-compatible API. */
  upstream: { url: string; key: string | undefined } | undefined
  /** For OpenAI itself when there is no `upstream`. */
  openaiApiKey: string | undefined
  /** Absolute path of a YAML file, as is `scriptFile`. */
  modelsFile: string | undefined
  scriptFile: string | undefined
  /** Undefined: file search goes by keywords alone. */
  embedding: EmbeddingConfig | undefined
  /** Seconds. */
  runExpiresAfter: number
  maxRuns: number
  /** Files that are made searchable at once. */
  indexingConcurrency: number
  sandbox: SandboxConfig
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  downloadAnyFile: boolean
  requireBetaHeader: boolean
  /** What `first_id` and `last_id` of an empty list are: null, or the empty string. */
  emptyListIds: 'null' | 'empty'
  /** Seconds that runs may go on once the server is to stop. */
  graceSeconds: number
  /** Seconds that the upstream may stay silent. */
  upstreamIdleTimeout: number
}

/** Who makes embeddings, and how to ask. */
export interface EmbeddingConfig {
  /** A GGUF file by its absolute path, or a model by its name, at an upstream of its own or at that of its name. */
  source: { file: string } | { model: string; upstream: { url: string; key: string | undefined } | undefined }
  /** Undefined: as many as the model has. */
  dimensions: number | undefined
  /** Texts in one request. */
  batch: number
  queryPrefix: string
  passagePrefix: string
}

/** Where the code interpreter runs, and what it may have. */
export interface SandboxConfig {
  /** `auto`: the first that holds. `off`: none, and the code interpreter refuses. */
  choice: 'auto' | SandboxKind | 'off'
  /** Absolute path of an interpreter or of a virtual environment's folder; undefined: the system's Python. */
  python: string | undefined
  /** For Docker. */
  image: string
  limits: SandboxLimits
  /** At once; further ones wait. */
  sessions: number
  /** Seconds after its last call that a session is kept. */
  idleSeconds: number
  /** Sessions that are kept ready for threads which have none. */
  prepared: number
}

/** Environment variables by name; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What is wrong with the configuration, in one line for whoever wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the configuration, once, at the door. `flags` are values by the name of the variable they go before. An empty
 * variable counts as not set. Throws `ConfigError` for a value that its option does not take and for a `REPRISE_`
 * variable that does not exist.
 */
export function readConfig(env: Environment, flags: Environment = {}): Config {
  refuseUnknown(env)
  const read: Read = (option) => readOption(option, env, flags)
  const dataDir = resolve(read(options.dataDir))
  return {
    host: read(options.host),
    port: read(options.port),
    dataDir,
    databaseUrl: databaseUrl(read, dataDir),
    role: role(read),
    nodeUrl: read(options.nodeUrl),
    blobs: blobs(read, env, dataDir),
    upstream: upstream(read),
    openaiApiKey: env.OPENAI_API_KEY || undefined,
    modelsFile: absolute(read(options.modelsFile)),
    scriptFile: absolute(read(options.scriptFile)),
    embedding: embedding(read),
    runExpiresAfter: read(options.runExpiresAfter),
    maxRuns: read(options.maxRuns),
    indexingConcurrency: read(options.indexingConcurrency),
    sandbox: sandbox(read),
    logLevel: read(options.logLevel),
    downloadAnyFile: read(options.downloadAnyFile),
    requireBetaHeader: read(options.requireBetaHeader),
    emptyListIds: read(options.emptyListIds),
    graceSeconds: read(options.graceSeconds),
    upstreamIdleTimeout: read(options.upstreamIdleTimeout),
  }
}

type Read = <Value>(option: Option<Value>) => Value

function readOption<Value>(option: Option<Value>, env: Environment, flags: Environment): Value {
  const flag = flags[option.env]
  const text = flag ?? (env[option.env] || undefined)
  const result = option.schema.safeParse(text)
  if (result.success) return result.data
  const source = flag === undefined ? option.env : `--${flagOf(option)}`
  const has = option.secret ? 'has a value that cannot be used' : `is ${JSON.stringify(text)}`
  throw new ConfigError(`${source} ${has}: it takes ${option.takes}.`)
}

function databaseUrl(read: Read, dataDir: string): string {
  const url = read(options.databaseUrl)
  if (url !== undefined && isPostgres(url)) return url
  const path = url?.replace(/^sqlite:(\/\/(?=\/))?/, '')
  return `sqlite:${path === undefined ? join(dataDir, 'reprise.sqlite') : resolve(path)}`
}

/** Whether several processes can work on the database at once. */
export function isPostgres(databaseUrl: string): boolean {
  return /^postgres(ql)?:/.test(databaseUrl)
}

function role(read: Read): NodeRole {
  const role = read(options.role)
  if (role === 'all' || isPostgres(read(options.databaseUrl) ?? '')) return role
  throw new ConfigError(
    `${options.role.env} is "${role}", which needs a database that several processes can share: set ${options.databaseUrl.env} to a postgres:// address, or leave the role out.`,
  )
}

function blobs(read: Read, env: Environment, dataDir: string): Config['blobs'] {
  const place = read(options.blobs) ?? { kind: 'disk', folder: join(dataDir, 'blobs') }
  if (place.kind === 'disk') return { ...place, folder: resolve(place.folder) }
  // The names that every tool for S3 knows.
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env
  if (!accessKeyId || !secretAccessKey) throw noKeys(options.blobs)
  const region = place.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1')
  return { ...place, region, keys: { accessKeyId, secretAccessKey, sessionToken: AWS_SESSION_TOKEN || undefined } }
}

function noKeys({ env }: Option): ConfigError {
  return new ConfigError(`${env} names a bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the keys for it.`)
}

function upstream(read: Read): Config['upstream'] {
  const url = read(options.upstreamUrl)
  const key = read(options.upstreamKey)
  if (url !== undefined) return { url, key }
  if (key === undefined) return undefined
  const { upstreamKey, upstreamUrl } = options
  throw new ConfigError(`${upstreamKey.env} is set without ${upstreamUrl.env}: set both, or OPENAI_API_KEY for OpenAI.`)
}

function embedding(read: Read): EmbeddingConfig | undefined {
  const model = read(options.embeddingModel)
  if (model === undefined) return refuseWithout(options.embeddingModel, embeddingDetails, read)
  const url = read(options.embeddingUrl)
  const key = read(options.embeddingKey)
  if (url === undefined) refuseWithout(embeddingUrl, [embeddingKey], read)
  return {
    source: /^file:/i.test(model)
      ? { file: fileOf(model, read) }
      : { model, upstream: url === undefined ? undefined : { url, key } },
    dimensions: read(options.embeddingDimensions),
    batch: read(options.embeddingBatch),
    queryPrefix: read(options.embeddingQueryPrefix) ?? '',
    passagePrefix: read(options.embeddingPassagePrefix) ?? '',
  }
}

const { embeddingUrl, embeddingKey, embeddingDimensions, embeddingQueryPrefix, embeddingPassagePrefix } = options
const embeddingDetails = [embeddingUrl, embeddingKey, embeddingDimensions, embeddingQueryPrefix, embeddingPassagePrefix]

/** Refuses options that mean nothing without another, which is not set. */
function refuseWithout(needed: Option, details: readonly Option[], read: Read): undefined {
  const stray = details.find((detail) => read(detail) !== undefined)
  if (stray) throw new ConfigError(`${stray.env} is set without ${needed.env}: set both.`)
}

/** The file's dimensions are in it. */
function fileOf(model: string, read: Read): string {
  const stray = [embeddingUrl, embeddingDimensions].find((option: Option) => read(option) !== undefined)
  if (stray === undefined) return resolve(model.slice('file:'.length))
  throw new ConfigError(`${stray.env} is set, but ${options.embeddingModel.env} names a file: leave one of them out.`)
}

function sandbox(read: Read): SandboxConfig {
  return {
    choice: read(options.sandbox),
    python: absolute(read(options.python)),
    image: read(options.sandboxImage),
    limits: {
      memoryMegabytes: read(options.sandboxMemory),
      processes: read(options.sandboxProcesses),
      cores: read(options.sandboxCores),
      diskMegabytes: read(options.sandboxDisk),
      seconds: read(options.sandboxTimeout),
      outputBytes: read(options.sandboxOutput) * 1000,
    },
    sessions: read(options.sandboxSessions),
    idleSeconds: read(options.sandboxIdle),
    prepared: read(options.sandboxPrepared),
  }
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path)
}

function refuseUnknown(env: Environment): void {
  const known: string[] = allOptions.map((option) => option.env)
  const unknown = Object.keys(env).find((name) => name.startsWith('REPRISE_') && !known.includes(name))
  if (unknown === undefined) return
  const meant = nearest(unknown, known)
  const advice = meant === undefined ? '`reprise --help` lists them all' : `did you mean ${meant}?`
  throw new ConfigError(`${unknown} is no option of Reprise: ${advice}`)
}
