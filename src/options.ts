import { z } from 'zod'
import { parseBlobsPlace } from './lib/blobs-place.ts'

/**
 * One thing that can be set, as text, by an environment variable or by the flag of the same name. This table is what
 * `readConfig`, `--help` and the table in `docs/configuration.md` are made of.
 */
export interface Option<Value = unknown> {
  readonly env: `REPRISE_${string}`
  /** What the flag is followed by, as `--help` shows it; undefined for a switch, which is followed by nothing. */
  readonly operand: string | undefined
  /** As text, like any other value. Undefined: not set. */
  readonly default: string | undefined
  /** One or two sentences in Markdown. */
  readonly meaning: string
  /** Completes the sentence "it takes ...". */
  readonly takes: string
  /** Its value stays out of error lines. */
  readonly secret: boolean
  /** From the text, or from undefined when it is not set. */
  readonly schema: z.ZodType<Value, string | undefined>
}

const yesOrNo = {
  takes: 'true or false (1 and 0, yes and no, on and off do as well)',
  schema: z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] }),
}

export const options = {
  host: option('REPRISE_HOST', {
    operand: 'ADDRESS',
    default: '127.0.0.1',
    meaning:
      'Address to listen on. `0.0.0.0` opens the server to the network: any bearer key is accepted, so put something that checks them in front.',
    takes: 'a host name or an address, without a port',
    schema: z.string().regex(/^([\w.-]+|[\da-f:.]*:[\da-f:.]*:[\da-f:.]*)$/i),
  }),
  port: option('REPRISE_PORT', {
    operand: 'PORT',
    default: '4141',
    meaning: 'Port to listen on. `0` takes a free one.',
    takes: 'a port from 0 to 65535',
    schema: wholeNumber(0, 65_535),
  }),
  dataDir: option('REPRISE_DATA_DIR', {
    operand: 'FOLDER',
    default: './data',
    meaning: 'Where everything is kept: the database and the contents of files. Made if it is not there.',
    takes: 'the path of a folder',
    schema: z.string().min(1),
  }),
  databaseUrl: optional('REPRISE_DATABASE_URL', {
    operand: 'URL',
    meaning:
      'Another place for the database: `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST/NAME`, which [several nodes](configuration.md#several-nodes) can share. Without it: `reprise.sqlite` in the data folder.',
    takes: 'sqlite: followed by the path of a file, or a postgres:// address',
    secret: true,
    schema: z
      .string()
      .refine((text) => /^sqlite:(?!:)./.test(text) || (/^postgres(ql)?:\/\/./.test(text) && URL.canParse(text))),
  }),
  role: option('REPRISE_ROLE', {
    operand: 'ROLE',
    default: 'all',
    meaning:
      'What this process does: `all`, or with a Postgres database `api`, which takes requests and carries out no runs, or `worker`, which does nothing else. See [several nodes](configuration.md#several-nodes).',
    takes: 'one of all, api and worker',
    schema: z.enum(['all', 'api', 'worker']),
  }),
  nodeUrl: optional('REPRISE_NODE_URL', {
    operand: 'URL',
    meaning:
      'Where the other processes on the same Postgres database reach this one. Without it: its host, or its host name where that is all addresses, and its port.',
    takes: 'an http:// or https:// address without a password in it, such as http://10.0.0.7:4141',
    schema: baseUrl(),
  }),
  blobs: optional('REPRISE_BLOBS', {
    operand: 'PLACE',
    meaning:
      'Another place for the contents of files: `disk:PATH`, or `s3://BUCKET` with what the service needs after a `?`, as in [a bucket](#a-bucket-for-the-contents-of-files). Without it: `blobs` in the data folder.',
    takes:
      'disk: followed by the path of a folder, or s3:// followed by the name of a bucket and, after a ?, any of endpoint=ORIGIN, region=NAME, prefix=PATH and style=path or style=virtual, without a password in it',
    secret: true,
    schema: blobsPlace(),
  }),
  upstreamUrl: optional('REPRISE_UPSTREAM_URL', {
    operand: 'URL',
    meaning: 'The OpenAI-compatible API that answers for the models, up to and including its `/v1`.',
    takes: 'an http:// or https:// address without a password in it, such as http://127.0.0.1:11434/v1',
    secret: true,
    schema: baseUrl(),
  }),
  upstreamKey: optional('REPRISE_UPSTREAM_KEY', {
    operand: 'KEY',
    meaning: 'The key to send to that API, if it wants one. Given as a flag it shows in the list of processes.',
    takes: 'a key without spaces or line ends',
    secret: true,
    schema: key(),
  }),
  modelsFile: optional('REPRISE_MODELS', {
    operand: 'FILE',
    meaning: 'A YAML file that maps model names to upstreams, keys and other names: see [models](models.md).',
    takes: 'the path of a YAML file',
    schema: z.string().min(1),
  }),
  scriptFile: optional('REPRISE_SCRIPT', {
    operand: 'FILE',
    meaning: 'A YAML file of rules for the scripted model: see [the scripted model](scripted-model.md).',
    takes: 'the path of a YAML file',
    schema: z.string().min(1),
  }),
  embeddingModel: optional('REPRISE_EMBEDDING_MODEL', {
    operand: 'MODEL',
    meaning:
      'The model that makes embeddings for file search: a name, which is routed like those of other models, or `file:` and the path of a GGUF file. See [embeddings](models.md#embeddings). Without it, file search goes by keywords alone.',
    takes: 'the name of a model, or file: followed by the path of a .gguf file',
    schema: z.string().regex(/^(?!file:)\S+$|^file:.+\.gguf$/i),
  }),
  embeddingUrl: optional('REPRISE_EMBEDDING_URL', {
    operand: 'URL',
    meaning: 'Another OpenAI-compatible API for embeddings alone, up to and including its `/v1`.',
    takes: 'an http:// or https:// address without a password in it, such as http://127.0.0.1:11434/v1',
    secret: true,
    schema: baseUrl(),
  }),
  embeddingKey: optional('REPRISE_EMBEDDING_KEY', {
    operand: 'KEY',
    meaning: 'The key to send to that other API, if it wants one.',
    takes: 'a key without spaces or line ends',
    secret: true,
    schema: key(),
  }),
  embeddingDimensions: optional('REPRISE_EMBEDDING_DIMENSIONS', {
    operand: 'NUMBER',
    meaning: 'How many dimensions to ask for, as `dimensions`. Without it, the model is asked once at the start.',
    takes: 'a whole number from 1 to 16384',
    schema: wholeNumber(1, 16_384),
  }),
  embeddingBatch: option('REPRISE_EMBEDDING_BATCH', {
    operand: 'NUMBER',
    default: '64',
    meaning: 'How many texts one request for embeddings carries at most.',
    takes: 'a whole number from 1 to 2048',
    schema: wholeNumber(1, 2_048),
  }),
  embeddingQueryPrefix: optional('REPRISE_EMBEDDING_QUERY_PREFIX', {
    operand: 'TEXT',
    meaning: 'What goes before every query, where the model wants something there; `\\n` stands for a line end.',
    takes: 'a text of up to 1000 characters',
    schema: prefix(),
  }),
  embeddingPassagePrefix: optional('REPRISE_EMBEDDING_PASSAGE_PREFIX', {
    operand: 'TEXT',
    meaning: 'The same for the passages of files. Another one makes their embeddings anew.',
    takes: 'a text of up to 1000 characters',
    schema: prefix(),
  }),
  runExpiresAfter: option('REPRISE_RUN_EXPIRES_AFTER', {
    operand: 'SECONDS',
    default: '600',
    meaning: 'How long a run may take, waiting for tool outputs included, before it expires.',
    takes: 'a whole number of seconds from 1 to 604800',
    schema: wholeNumber(1, 604_800),
  }),
  maxRuns: option('REPRISE_MAX_RUNS', {
    operand: 'NUMBER',
    default: '1000',
    meaning: 'How many runs this process carries out at once; further ones wait as `queued`.',
    takes: 'a whole number from 1 to 100000',
    schema: wholeNumber(1, 100_000),
  }),
  indexingConcurrency: option('REPRISE_INDEXING_CONCURRENCY', {
    operand: 'NUMBER',
    default: '2',
    meaning: 'How many files this process makes searchable at once; further ones wait as `in_progress`.',
    takes: 'a whole number from 1 to 100',
    schema: wholeNumber(1, 100),
  }),
  sandbox: option('REPRISE_SANDBOX', {
    operand: 'KIND',
    default: 'auto',
    meaning:
      'What confines the code interpreter: `bubblewrap`, `gvisor`, `docker` or `landlock`; `auto` for the first that holds on this machine, `off` for none, and then no code is run. See [the sandbox](sandbox.md).',
    takes: 'one of auto, bubblewrap, gvisor, docker, landlock and off',
    schema: z.enum(['auto', 'bubblewrap', 'gvisor', 'docker', 'landlock', 'off']),
  }),
  python: optional('REPRISE_PYTHON', {
    operand: 'PATH',
    meaning:
      "Another Python for the code interpreter than the system's, with packages of your own: an interpreter, or the folder of a virtual environment. The sandbox can read it, never write to it.",
    takes: 'the path of a Python interpreter or of the folder of a virtual environment',
    schema: z.string().min(1),
  }),
  sandboxImage: option('REPRISE_SANDBOX_IMAGE', {
    operand: 'IMAGE',
    default: 'python:3-slim',
    meaning: 'The image that `REPRISE_SANDBOX=docker` takes Python and its packages from.',
    takes: 'the name of a Docker image',
    schema: z.string().regex(/^[\w][\w./:@-]*$/),
  }),
  sandboxMemory: option('REPRISE_SANDBOX_MEMORY', {
    operand: 'MIB',
    default: '512',
    meaning: 'How much memory everything in one session of the code interpreter may use, in MiB.',
    takes: 'a whole number of MiB from 64 to 1048576',
    schema: wholeNumber(64, 1_048_576),
  }),
  sandboxProcesses: option('REPRISE_SANDBOX_PROCESSES', {
    operand: 'NUMBER',
    default: '64',
    meaning: 'How many processes and threads a session may have.',
    takes: 'a whole number from 8 to 10000',
    schema: wholeNumber(8, 10_000),
  }),
  sandboxCores: option('REPRISE_SANDBOX_CORES', {
    operand: 'NUMBER',
    default: '1',
    meaning: 'How many processor cores a session may use; `0.5` is half of one.',
    takes: 'a number from 0.1 to 1024 with up to two decimals',
    schema: cores(),
  }),
  sandboxDisk: option('REPRISE_SANDBOX_DISK', {
    operand: 'MIB',
    default: '256',
    meaning: 'How large all files of a session may be together, in MiB.',
    takes: 'a whole number of MiB from 1 to 1048576',
    schema: wholeNumber(1, 1_048_576),
  }),
  sandboxTimeout: option('REPRISE_SANDBOX_TIMEOUT', {
    operand: 'SECONDS',
    default: '60',
    meaning: 'How long one call of the code interpreter may take before it is interrupted.',
    takes: 'a whole number of seconds from 1 to 86400',
    schema: wholeNumber(1, 86_400),
  }),
  sandboxOutput: option('REPRISE_SANDBOX_OUTPUT', {
    operand: 'KB',
    default: '1000',
    meaning: 'How much one call may print before it is interrupted, in kilobytes of 1,000 bytes.',
    takes: 'a whole number of kilobytes from 1 to 100000',
    schema: wholeNumber(1, 100_000),
  }),
  sandboxSessions: option('REPRISE_SANDBOX_SESSIONS', {
    operand: 'NUMBER',
    default: '20',
    meaning: 'How many sessions, one for each thread that uses the tool, there are at once; further ones wait.',
    takes: 'a whole number from 1 to 10000',
    schema: wholeNumber(1, 10_000),
  }),
  sandboxIdle: option('REPRISE_SANDBOX_IDLE', {
    operand: 'SECONDS',
    default: '3600',
    meaning: 'How long a session is kept, with its variables, after its last call.',
    takes: 'a whole number of seconds from 1 to 604800',
    schema: wholeNumber(1, 604_800),
  }),
  sandboxPrepared: option('REPRISE_SANDBOX_PREPARED', {
    operand: 'NUMBER',
    default: '1',
    meaning:
      'How many sessions are kept ready, with numpy, pandas and matplotlib imported, so that the first call of a thread need not wait for that. `0` for none.',
    takes: 'a whole number from 0 to 100',
    schema: wholeNumber(0, 100),
  }),
  logLevel: option('REPRISE_LOG_LEVEL', {
    operand: 'LEVEL',
    default: 'info',
    meaning:
      'How much is logged, as lines of JSON on standard error: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
    takes: 'one of trace, debug, info, warn, error, fatal and silent',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  }),
  downloadAnyFile: option('REPRISE_DOWNLOAD_ANY_FILE', {
    default: 'false',
    meaning:
      'Whether the content of every file can be downloaded. The original refuses it for those of purpose `assistants`.',
    ...yesOrNo,
  }),
  requireBetaHeader: option('REPRISE_REQUIRE_BETA_HEADER', {
    default: 'false',
    meaning: 'Whether requests without `OpenAI-Beta: assistants=v2` are refused, as the original does.',
    ...yesOrNo,
  }),
  emptyListIds: option('REPRISE_EMPTY_LIST_IDS', {
    operand: 'WHAT',
    default: 'null',
    meaning:
      '`first_id` and `last_id` of an empty list: `null`, as the original sends, or `empty` for `""`, which strict generated clients need.',
    takes: 'null or empty',
    schema: z.enum(['null', 'empty']),
  }),
  graceSeconds: option('REPRISE_GRACE_SECONDS', {
    operand: 'SECONDS',
    default: '10',
    meaning:
      'How long runs may go on after SIGTERM or SIGINT before they are handed back for the next start. A second signal ends the process at once.',
    takes: 'a whole number of seconds from 0 to 3600',
    schema: wholeNumber(0, 3_600),
  }),
  upstreamIdleTimeout: option('REPRISE_UPSTREAM_TIMEOUT', {
    operand: 'SECONDS',
    default: '120',
    meaning: 'How long the upstream may stay silent, before its first token or between two, before it is given up.',
    takes: 'a whole number of seconds from 1 to 3600',
    schema: wholeNumber(1, 3_600),
  }),
}

/** In the order in which they are shown. */
export const allOptions: readonly Option[] = Object.values(options)

/** `REPRISE_DATA_DIR` is `--data-dir`; this is it without the dashes in front. */
export function flagOf(option: Option): string {
  return option.env.slice('REPRISE_'.length).toLowerCase().replaceAll('_', '-')
}

interface Parts<Value> extends Pick<Option, 'meaning' | 'takes'>, Partial<Pick<Option, 'operand' | 'secret'>> {
  schema: z.ZodType<Value, string>
}

function option<Value>(env: Option['env'], parts: Parts<Value> & { default: string }): Option<Value> {
  return { operand: undefined, secret: false, ...parts, env, schema: parts.schema.prefault(parts.default) }
}

function optional<Value>(env: Option['env'], parts: Parts<Value>): Option<Value | undefined> {
  return { operand: undefined, secret: false, ...parts, env, default: undefined, schema: parts.schema.optional() }
}

function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most))
}

function cores() {
  return z
    .string()
    .regex(/^\d{1,4}(\.\d{1,2})?$/)
    .transform(Number)
    .pipe(z.number().min(0.1).max(1_024))
}

function baseUrl() {
  return z
    .string()
    .refine(isBaseUrl)
    .transform((text) => text.replace(/\/+$/, ''))
}

function blobsPlace() {
  return z.string().transform((text, { addIssue }) => {
    const place = parseBlobsPlace(text)
    if (place !== null) return place
    addIssue('no place for blobs')
    return z.NEVER
  })
}

function key() {
  return z.string().regex(/^[\x21-\x7e]+$/)
}

function prefix() {
  return z
    .string()
    .max(1000)
    .transform((text) => text.replaceAll('\\n', '\n'))
}

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}
