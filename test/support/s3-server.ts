import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import type { Bucket, S3Keys } from '../../src/lib/blobs-place.ts'

/** A real S3 service on this machine, which keeps what it is given in a folder that goes when it is disposed of. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string
  /** A new, empty bucket. */
  makeBucket(): Promise<Bucket>
  /** What a server is started with that is to keep its blobs there. */
  environment(bucket: Bucket): Record<string, string>
  removeBucket(name: string): Promise<void>
  /** Names of the objects in a bucket, and of those that are on their way into it. */
  contents(bucket: string): Promise<{ objects: string[]; unfinished: string[] }>
  /** Ends it without a warning. */
  kill(): Promise<void>
}

const keys: S3Keys = { accessKeyId: 'reprise-test', secretAccessKey: 'reprise-test-secret', sessionToken: undefined }
const region = 'us-east-1'

/** `program` is what `ensureS3` answers. */
export async function startS3Server({ program }: { program: string }): Promise<S3Server> {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reprise-s3-'))
  undo.defer(() => rm(folder, { recursive: true, force: true }))
  const { endpoint, server } = await spawnServer(program, folder)
  undo.defer(() => kill(server))
  const client = new AwsClient({ ...keys, sessionToken: '', service: 's3', region, retries: 0 })

  async function ask(path: string, method: string) {
    const answer = await client.fetch(`${endpoint}/${path}`, { method })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.text()
  }

  async function makeBucket(): Promise<Bucket> {
    const bucket = `test-${randomUUID()}`
    await ask(bucket, 'PUT')
    return { kind: 's3', bucket, endpoint, region, prefix: '', style: 'path', keys }
  }

  async function contents(bucket: string) {
    const [objects, unfinished] = await Promise.all([
      ask(`${bucket}?list-type=2`, 'GET'),
      ask(`${bucket}?uploads`, 'GET'),
    ])
    return { objects: keysIn(objects), unfinished: keysIn(unfinished) }
  }

  const lifetime = undo.move()
  return {
    endpoint,
    makeBucket,
    environment: ({ bucket }) => ({
      REPRISE_BLOBS: `s3://${bucket}?endpoint=${endpoint}`,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    }),
    removeBucket: async (name) => void (await ask(name, 'DELETE')),
    contents,
    kill: () => kill(server),
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  }
}

/** Somebody else may take the port that was free a moment ago: then it ends at once, and another is tried. */
async function spawnServer(program: string, folder: string) {
  const [data, metadata] = [join(folder, 'data'), join(folder, 'metadata')]
  await Promise.all([mkdir(data), mkdir(metadata)])
  for (let attempt = 0; attempt < 3; attempt++) {
    const address = `127.0.0.1:${await freePort()}`
    const args = [
      '--port',
      address,
      '--region',
      region,
      '--keep-alive',
      '--quiet',
      'posix',
      '--sidecar',
      metadata,
      data,
    ]
    const env = { ...process.env, ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey }
    const server = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
    process.once('exit', () => server.kill('SIGKILL'))
    if (await answers(address, server)) return { endpoint: `http://${address}`, server }
  }
  throw new Error(`${program} does not start; its standard error says why.`)
}

async function answers(address: string, server: ChildProcess): Promise<boolean> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline && server.exitCode === null; ) {
    try {
      await fetch(`http://${address}/`)
      return true
    } catch {
      await setTimeout(20) // it does not listen yet
    }
  }
  await kill(server)
  return false
}

async function kill(server: ChildProcess) {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGKILL')
  await once(server, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : freePort()
}

function keysIn(xml: string): string[] {
  return [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
}
