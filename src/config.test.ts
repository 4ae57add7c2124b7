import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { type Config, ConfigError, type Environment, readConfig } from './config.ts'

const defaults: Config = {
  host: '127.0.0.1',
  port: 4141,
  dataDir: resolve('data'),
  databaseUrl: `sqlite:${resolve('data/reprise.sqlite')}`,
  role: 'all',
  nodeUrl: undefined,
  blobs: { kind: 'disk', folder: resolve('data/blobs') },
  upstream: undefined,
  openaiApiKey: undefined,
  modelsFile: undefined,
  scriptFile: undefined,
  embedding: undefined,
  runExpiresAfter: 600,
  maxRuns: 1000,
  indexingConcurrency: 2,
  sandbox: {
    choice: 'auto',
    python: undefined,
    image: 'python:3-slim',
    limits: { memoryMegabytes: 512, processes: 64, cores: 1, diskMegabytes: 256, seconds: 60, outputBytes: 1_000_000 },
    sessions: 20,
    idleSeconds: 3600,
    prepared: 1,
  },
  logLevel: 'info',
  downloadAnyFile: false,
  requireBetaHeader: false,
  emptyListIds: 'null',
  graceSeconds: 10,
  upstreamIdleTimeout: 120,
}

test('an empty environment gives the defaults', () => {
  expect(readConfig({})).toEqual(defaults)
})

test('a variable that is set to nothing counts as not set', () => {
  expect(readConfig({ REPRISE_PORT: '', REPRISE_UPSTREAM_KEY: '', OPENAI_API_KEY: '' })).toEqual(defaults)
})

const embedding = { dimensions: undefined, batch: 64, queryPrefix: '', passagePrefix: '' }

const accepted: [Environment, Partial<Config>][] = [
  [
    { REPRISE_HOST: '0.0.0.0', REPRISE_PORT: '0' },
    { host: '0.0.0.0', port: 0 },
  ],
  [{ REPRISE_HOST: '::1' }, { host: '::1' }],
  [
    { REPRISE_DATA_DIR: '/srv/r' },
    { dataDir: '/srv/r', databaseUrl: 'sqlite:/srv/r/reprise.sqlite', blobs: { kind: 'disk', folder: '/srv/r/blobs' } },
  ],
  [{ REPRISE_BLOBS: 'disk:files' }, { blobs: { kind: 'disk', folder: resolve('files') } }],
  [
    { REPRISE_BLOBS: 's3://files', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-3' },
    {
      blobs: {
        ...{ kind: 's3', bucket: 'files', endpoint: undefined, region: 'eu-west-3', prefix: '', style: 'virtual' },
        keys: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: undefined },
      },
    },
  ],
  [
    {
      REPRISE_BLOBS: 's3://files?endpoint=http://127.0.0.1:9000&prefix=a/b&region=here',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      AWS_REGION: 'eu-west-3',
    },
    {
      blobs: {
        ...{ kind: 's3', bucket: 'files', endpoint: 'http://127.0.0.1:9000' },
        ...{ region: 'here', prefix: 'a/b/', style: 'path' },
        keys: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
      },
    },
  ],
  [{ REPRISE_DATABASE_URL: 'sqlite:///srv/db' }, { databaseUrl: 'sqlite:/srv/db' }],
  [{ REPRISE_DATABASE_URL: 'sqlite:/srv/db' }, { databaseUrl: 'sqlite:/srv/db' }],
  [
    {
      REPRISE_DATABASE_URL: 'postgres://me:secret@db/reprise',
      REPRISE_ROLE: 'api',
      REPRISE_NODE_URL: 'http://n1:4141/',
    },
    { databaseUrl: 'postgres://me:secret@db/reprise', role: 'api', nodeUrl: 'http://n1:4141' },
  ],
  [{ REPRISE_DATABASE_URL: 'sqlite:db' }, { databaseUrl: `sqlite:${resolve('db')}` }],
  [
    { REPRISE_UPSTREAM_URL: 'http://127.0.0.1:11434/v1/', REPRISE_UPSTREAM_KEY: 'k' },
    { upstream: { url: 'http://127.0.0.1:11434/v1', key: 'k' } },
  ],
  [{ REPRISE_UPSTREAM_URL: 'https://llm.test/v1' }, { upstream: { url: 'https://llm.test/v1', key: undefined } }],
  [{ OPENAI_API_KEY: 'sk-1' }, { openaiApiKey: 'sk-1' }],
  [
    { REPRISE_MODELS: '/etc/models.yaml', REPRISE_SCRIPT: 'script.yaml' },
    { modelsFile: '/etc/models.yaml', scriptFile: resolve('script.yaml') },
  ],
  [
    { REPRISE_EMBEDDING_MODEL: 'nomic-embed-text:v1.5' },
    { embedding: { ...embedding, source: { model: 'nomic-embed-text:v1.5', upstream: undefined } } },
  ],
  [
    {
      REPRISE_EMBEDDING_MODEL: 'Qwen/Qwen3-Embedding-0.6B',
      REPRISE_EMBEDDING_URL: 'http://127.0.0.1:8081/v1/',
      REPRISE_EMBEDDING_KEY: 'k',
      REPRISE_EMBEDDING_DIMENSIONS: '512',
      REPRISE_EMBEDDING_BATCH: '8',
      REPRISE_EMBEDDING_QUERY_PREFIX: 'Instruct: Find it\\nQuery: ',
      REPRISE_EMBEDDING_PASSAGE_PREFIX: 'passage: ',
    },
    {
      embedding: {
        source: { model: 'Qwen/Qwen3-Embedding-0.6B', upstream: { url: 'http://127.0.0.1:8081/v1', key: 'k' } },
        dimensions: 512,
        batch: 8,
        queryPrefix: 'Instruct: Find it\nQuery: ',
        passagePrefix: 'passage: ',
      },
    },
  ],
  [
    { REPRISE_EMBEDDING_MODEL: 'file:models/small one.gguf' },
    { embedding: { ...embedding, source: { file: resolve('models/small one.gguf') } } },
  ],
  [{ REPRISE_SANDBOX: 'off' }, { sandbox: { ...defaults.sandbox, choice: 'off' } }],
  [
    { REPRISE_SANDBOX: 'docker', REPRISE_SANDBOX_IMAGE: 'registry.test:5000/data/python:3.13' },
    { sandbox: { ...defaults.sandbox, choice: 'docker', image: 'registry.test:5000/data/python:3.13' } },
  ],
  [
    {
      REPRISE_SANDBOX: 'gvisor',
      REPRISE_PYTHON: 'venv',
      REPRISE_SANDBOX_MEMORY: '1024',
      REPRISE_SANDBOX_PROCESSES: '128',
      REPRISE_SANDBOX_CORES: '0.5',
      REPRISE_SANDBOX_DISK: '100',
      REPRISE_SANDBOX_TIMEOUT: '5',
      REPRISE_SANDBOX_OUTPUT: '10',
      REPRISE_SANDBOX_SESSIONS: '4',
      REPRISE_SANDBOX_IDLE: '60',
      REPRISE_SANDBOX_PREPARED: '0',
    },
    {
      sandbox: {
        choice: 'gvisor',
        python: resolve('venv'),
        image: 'python:3-slim',
        limits: {
          memoryMegabytes: 1024,
          processes: 128,
          cores: 0.5,
          diskMegabytes: 100,
          seconds: 5,
          outputBytes: 10_000,
        },
        sessions: 4,
        idleSeconds: 60,
        prepared: 0,
      },
    },
  ],
  [{ REPRISE_DOWNLOAD_ANY_FILE: 'yes' }, { downloadAnyFile: true }],
  [
    { REPRISE_REQUIRE_BETA_HEADER: '1', REPRISE_EMPTY_LIST_IDS: 'empty' },
    { requireBetaHeader: true, emptyListIds: 'empty' },
  ],
  [
    { REPRISE_LOG_LEVEL: 'silent', REPRISE_MAX_RUNS: '4', REPRISE_INDEXING_CONCURRENCY: '8' },
    { logLevel: 'silent', maxRuns: 4, indexingConcurrency: 8 },
  ],
  [
    { REPRISE_RUN_EXPIRES_AFTER: '30', REPRISE_GRACE_SECONDS: '0' },
    { runExpiresAfter: 30, graceSeconds: 0 },
  ],
  [{ REPRISE_UPSTREAM_TIMEOUT: '5', UNRELATED: 'x' }, { upstreamIdleTimeout: 5 }],
]
test.each(accepted)('%j is read', (env, change) => {
  expect(readConfig(env)).toEqual({ ...defaults, ...change })
})

const refused: [Environment, string][] = [
  [{ REPRISE_PORT: '80a' }, 'REPRISE_PORT is "80a": it takes a port from 0 to 65535.'],
  [{ REPRISE_PORT: '65536' }, 'REPRISE_PORT is "65536": it takes a port from 0 to 65535.'],
  [{ REPRISE_PORT: '-1' }, 'REPRISE_PORT is "-1": it takes a port from 0 to 65535.'],
  [
    { REPRISE_HOST: '127.0.0.1:80' },
    'REPRISE_HOST is "127.0.0.1:80": it takes a host name or an address, without a port.',
  ],
  [{ REPRISE_HOST: 'http://a' }, 'REPRISE_HOST is "http://a": it takes a host name or an address, without a port.'],
  [{ REPRISE_MAX_RUNS: '0' }, 'REPRISE_MAX_RUNS is "0": it takes a whole number from 1 to 100000.'],
  [
    { REPRISE_RUN_EXPIRES_AFTER: '1.5' },
    'REPRISE_RUN_EXPIRES_AFTER is "1.5": it takes a whole number of seconds from 1 to 604800.',
  ],
  [
    { REPRISE_LOG_LEVEL: 'loud' },
    'REPRISE_LOG_LEVEL is "loud": it takes one of trace, debug, info, warn, error, fatal and silent.',
  ],
  [
    { REPRISE_DOWNLOAD_ANY_FILE: 'perhaps' },
    'REPRISE_DOWNLOAD_ANY_FILE is "perhaps": it takes true or false (1 and 0, yes and no, on and off do as well).',
  ],
  [{ REPRISE_EMPTY_LIST_IDS: 'nil' }, 'REPRISE_EMPTY_LIST_IDS is "nil": it takes null or empty.'],
  [
    { REPRISE_UPSTREAM_URL: 'localhost:11434' },
    'REPRISE_UPSTREAM_URL has a value that cannot be used: it takes an http:// or https:// address without a password in it, such as http://127.0.0.1:11434/v1.',
  ],
  [
    { REPRISE_UPSTREAM_URL: 'http://127.0.0.1/v1', REPRISE_UPSTREAM_KEY: 'two words' },
    'REPRISE_UPSTREAM_KEY has a value that cannot be used: it takes a key without spaces or line ends.',
  ],
  [
    { REPRISE_UPSTREAM_KEY: 'k' },
    'REPRISE_UPSTREAM_KEY is set without REPRISE_UPSTREAM_URL: set both, or OPENAI_API_KEY for OpenAI.',
  ],
  [
    { REPRISE_DATABASE_URL: 'mysql://db' },
    'REPRISE_DATABASE_URL has a value that cannot be used: it takes sqlite: followed by the path of a file, or a postgres:// address.',
  ],
  [
    { REPRISE_ROLE: 'worker' },
    'REPRISE_ROLE is "worker", which needs a database that several processes can share: set REPRISE_DATABASE_URL to a postgres:// address, or leave the role out.',
  ],
  [
    { REPRISE_DATABASE_URL: 'postgres://' },
    'REPRISE_DATABASE_URL has a value that cannot be used: it takes sqlite: followed by the path of a file, or a postgres:// address.',
  ],
  [
    { REPRISE_BLOBS: 's3://id:secret@files' },
    'REPRISE_BLOBS has a value that cannot be used: it takes disk: followed by the path of a folder, or s3:// followed by the name of a bucket and, after a ?, any of endpoint=ORIGIN, region=NAME, prefix=PATH and style=path or style=virtual, without a password in it.',
  ],
  [
    { REPRISE_BLOBS: 's3://files', AWS_ACCESS_KEY_ID: 'id' },
    'REPRISE_BLOBS names a bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the keys for it.',
  ],
  [
    { REPRISE_EMBEDDING_MODEL: 'file:model.bin' },
    'REPRISE_EMBEDDING_MODEL is "file:model.bin": it takes the name of a model, or file: followed by the path of a .gguf file.',
  ],
  [
    { REPRISE_EMBEDDING_MODEL: 'm', REPRISE_EMBEDDING_BATCH: '0' },
    'REPRISE_EMBEDDING_BATCH is "0": it takes a whole number from 1 to 2048.',
  ],
  [
    { REPRISE_EMBEDDING_URL: 'http://127.0.0.1/v1' },
    'REPRISE_EMBEDDING_URL is set without REPRISE_EMBEDDING_MODEL: set both.',
  ],
  [
    { REPRISE_EMBEDDING_PASSAGE_PREFIX: 'passage: ' },
    'REPRISE_EMBEDDING_PASSAGE_PREFIX is set without REPRISE_EMBEDDING_MODEL: set both.',
  ],
  [
    { REPRISE_EMBEDDING_MODEL: 'm', REPRISE_EMBEDDING_KEY: 'k' },
    'REPRISE_EMBEDDING_KEY is set without REPRISE_EMBEDDING_URL: set both.',
  ],
  [
    { REPRISE_EMBEDDING_MODEL: 'file:m.gguf', REPRISE_EMBEDDING_URL: 'http://127.0.0.1/v1' },
    'REPRISE_EMBEDDING_URL is set, but REPRISE_EMBEDDING_MODEL names a file: leave one of them out.',
  ],
  [
    { REPRISE_EMBEDDING_MODEL: 'file:m.gguf', REPRISE_EMBEDDING_DIMENSIONS: '64' },
    'REPRISE_EMBEDDING_DIMENSIONS is set, but REPRISE_EMBEDDING_MODEL names a file: leave one of them out.',
  ],
  [
    { REPRISE_SANDBOX: 'chroot' },
    'REPRISE_SANDBOX is "chroot": it takes one of auto, bubblewrap, gvisor, docker, landlock and off.',
  ],
  [
    { REPRISE_SANDBOX_CORES: '0.05' },
    'REPRISE_SANDBOX_CORES is "0.05": it takes a number from 0.1 to 1024 with up to two decimals.',
  ],
  [
    { REPRISE_SANDBOX_CORES: '1e2' },
    'REPRISE_SANDBOX_CORES is "1e2": it takes a number from 0.1 to 1024 with up to two decimals.',
  ],
  [
    { REPRISE_SANDBOX_MEMORY: '512M' },
    'REPRISE_SANDBOX_MEMORY is "512M": it takes a whole number of MiB from 64 to 1048576.',
  ],
  [
    { REPRISE_SANDBOX_IMAGE: '--privileged' },
    'REPRISE_SANDBOX_IMAGE is "--privileged": it takes the name of a Docker image.',
  ],
  [{ REPRISE_PROT: '1' }, 'REPRISE_PROT is no option of Reprise: did you mean REPRISE_PORT?'],
  [{ REPRISE_FLUX_CAPACITOR: '' }, 'REPRISE_FLUX_CAPACITOR is no option of Reprise: `reprise --help` lists them all'],
]
test.each(refused)('%j is refused', (env, line) => {
  expect(() => readConfig(env)).toThrow(new ConfigError(line))
})

test('a flag goes before the environment, and an error names the flag', () => {
  expect(readConfig({ REPRISE_PORT: 'wrong' }, { REPRISE_PORT: '8080' }).port).toBe(8080)
  expect(() => readConfig({}, { REPRISE_DATA_DIR: '' })).toThrow('--data-dir is "": it takes the path of a folder.')
})
