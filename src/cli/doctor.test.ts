import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { lockForProcess } from '../adapters/database/process-lock.ts'
import type { Environment } from '../config.ts'
import { doctor } from './doctor.ts'

let folder: string
const servers: { close(): unknown }[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  for (const server of servers.splice(0)) server.close()
  rmSync(folder, { recursive: true })
})

/** What the doctor prints, and its exit code. */
async function visit(env: Environment, json = true) {
  let printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
  const script = join(folder, 'quiet.yaml') // without one, a model server on this machine would be found
  writeFileSync(script, 'rules: [{ match: {}, reply: Hi }]')
  const defaults = { REPRISE_PORT: '0', REPRISE_DATA_DIR: folder, REPRISE_SCRIPT: script, REPRISE_SANDBOX: 'off' }
  const code = await doctor({ env: { ...defaults, ...env }, flags: {}, json })
  vi.restoreAllMocks()
  return { printed, code }
}

const report = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ check: z.string(), ok: z.boolean(), message: z.string(), advice: z.string().nullable() })),
})

/** What is found by the check of that name. */
async function finding(check: string, env: Environment) {
  const { printed, code } = await visit(env)
  const { ok, checks } = report.parse(JSON.parse(printed))
  expect(code).toBe(ok ? 0 : 1)
  expect(ok).toBe(checks.every((each) => each.ok))
  return checks.find((each) => each.check === check)
}

async function upstream(status: number, models: string[] = []): Promise<string> {
  const server: Server = createHttpServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(status === 200 ? { data: models.map((id) => ({ id })) } : { error: { message: 'No.' } }),
    )
  })
  servers.push(server)
  return `http://127.0.0.1:${await listen(server)}/v1`
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return z.object({ port: z.number() }).parse(server.address()).port
}

test('a Postgres database that does not answer is named, without its password', async () => {
  const found = await finding('Database', { REPRISE_DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/none' })
  expect(found).toMatchObject({ ok: false, message: expect.stringContaining('"none" at 127.0.0.1:1') })
  expect(JSON.stringify(found)).not.toContain('secret')
})

test('a line for each thing, and a verdict', async () => {
  const { printed, code } = await visit({}, false)
  expect(printed.match(/^✓/gm)).toHaveLength(10)
  expect(printed).toMatch(/✓ Model +the scripted model/)
  expect(printed).toMatch(/✓ Search +by keywords alone.*\n +With an embedding model it finds by meaning too/)
  expect(printed).toMatch(/✓ Code interpreter +off, by REPRISE_SANDBOX\n/)
  expect(printed).toMatch(/\nAll is well\.\n$/)
  expect(code).toBe(0)
})

test('what is wrong is marked, and comes with what to do', async () => {
  const { printed, code } = await visit({ REPRISE_SCRIPT: '/nowhere/script.yaml' }, false)
  expect(printed).toMatch(/✗ Script +\/nowhere\/script\.yaml does not exist\n +Correct REPRISE_SCRIPT/)
  expect(printed).toMatch(/\nOne thing is wrong\.\n$/)
  expect(code).toBe(1)
})

test('a wrong value ends the examination', async () => {
  expect(await finding('Configuration', { REPRISE_PORT: 'x' })).toMatchObject({
    ok: false,
    message: 'REPRISE_PORT is "x": it takes a port from 0 to 65535.',
  })
})

test('a data folder that is not there yet, and one that cannot be', async () => {
  const path = join(folder, 'deep', 'data')
  expect(await finding('Data folder', { REPRISE_DATA_DIR: path })).toMatchObject({
    ok: true,
    message: expect.stringContaining(`${path} (made at the first start)`),
  })
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(await finding('Data folder', { REPRISE_DATA_DIR: file })).toMatchObject({
    ok: false,
    message: `${file} is not a folder`,
  })
})

test('a database that is sound, in use, and damaged', async () => {
  const path = join(folder, 'reprise.sqlite')
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE t (a TEXT); INSERT INTO t VALUES (1)')
  database.close()
  expect(await finding('Database', {})).toMatchObject({ ok: true, message: `${path}, sound` })

  const lock = lockForProcess(path)
  expect(await finding('Database', {})).toMatchObject({ ok: true, message: `${path}, sound, in use by a server` })
  lock.release()

  writeFileSync(path, 'This is no database, however long one looks at it. '.repeat(100))
  expect(await finding('Database', {})).toMatchObject({ ok: false, message: expect.stringContaining('not a database') })
})

test('a port that is free, taken, and taken by the server of this data folder', async () => {
  const server = createServer()
  servers.push(server)
  const REPRISE_PORT = String(await listen(server))
  expect(await finding('Address', { REPRISE_PORT: '0' })).toMatchObject({ ok: true })
  expect(await finding('Address', { REPRISE_PORT })).toMatchObject({
    ok: false,
    advice: expect.stringContaining('is taken'),
  })
  new DatabaseSync(join(folder, 'reprise.sqlite')).close()
  const lock = lockForProcess(join(folder, 'reprise.sqlite'))
  expect(await finding('Address', { REPRISE_PORT })).toMatchObject({ ok: true })
  expect(await finding('Address', { REPRISE_PORT: '0' })).toMatchObject({ ok: false })
  lock.release()
})

test('an upstream that answers, refuses the key, knows no list, or is not there', async () => {
  const offer = { REPRISE_UPSTREAM_URL: await upstream(200, ['a', 'b', 'c', 'd', 'e', 'f', 'g']) }
  expect(await finding('Model', offer)).toMatchObject({
    ok: true,
    message: `${offer.REPRISE_UPSTREAM_URL} offers a, b, c, d, e and 2 more`,
  })
  expect(await finding('Model', { REPRISE_UPSTREAM_URL: await upstream(401) })).toMatchObject({
    ok: false,
    advice: 'Correct the key that is configured for it.',
  })
  expect(await finding('Model', { REPRISE_UPSTREAM_URL: await upstream(404) })).toMatchObject({
    ok: false,
    advice: 'Correct its address: does it end in /v1?',
  })
  expect(await finding('Model', { REPRISE_UPSTREAM_URL: 'http://127.0.0.1:1/v1' })).toMatchObject({
    ok: false,
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test('a models file, and whether its upstreams offer what it maps to', async () => {
  const url = await upstream(200, ['qwen3:32b'])
  mkdirSync(join(folder, 'etc'))
  const REPRISE_MODELS = join(folder, 'etc', 'models.yaml')
  writeFileSync(REPRISE_MODELS, `models: { gpt-4o: { url: '${url}', model: 'qwen3:32b' }, 'test-*': scripted }`)
  expect(await finding('Models file', { REPRISE_MODELS })).toMatchObject({
    ok: true,
    message: `${REPRISE_MODELS}, 2 names`,
  })
  expect(await finding('Model', { REPRISE_MODELS })).toMatchObject({ ok: true, message: `${url} offers qwen3:32b` })

  writeFileSync(REPRISE_MODELS, `models: { gpt-4o: { url: '${url}', model: 'qwen3:1b' } }`)
  expect(await finding('Model', { REPRISE_MODELS })).toMatchObject({
    ok: false,
    message: `${url} does not offer qwen3:1b`,
    advice: 'It offers qwen3:32b.',
  })

  writeFileSync(REPRISE_MODELS, 'models: { gpt-4o: nobody }')
  expect(await finding('Models file', { REPRISE_MODELS })).toMatchObject({ ok: false })
})

test('an embedding model that works, has other dimensions, or is not there', async () => {
  const body = JSON.stringify({ data: [{ index: 0, embedding: [3, 4] }] })
  const server = createHttpServer((_, response) => response.setHeader('content-type', 'application/json').end(body))
  servers.push(server)
  const REPRISE_EMBEDDING_URL = `http://127.0.0.1:${await listen(server)}/v1`
  const env = { REPRISE_EMBEDDING_MODEL: 'small', REPRISE_EMBEDDING_URL }
  expect(await finding('Search', env)).toMatchObject({
    ok: true,
    message: expect.stringMatching(/^by keywords and by meaning \(small at 127\.0\.0\.1:\d+, 2 dimensions\)$/),
  })
  expect(await finding('Search', { ...env, REPRISE_EMBEDDING_DIMENSIONS: '3' })).toMatchObject({
    ok: false,
    message: expect.stringContaining('a vector of 2 dimensions where 3 are expected'),
  })
  expect(await finding('Search', { REPRISE_EMBEDDING_MODEL: 'small' })).toMatchObject({
    ok: false,
    message: expect.stringContaining('the scripted model, which makes no embeddings'),
  })
})

test('a sandbox whose Python is not there', async () => {
  const env = { REPRISE_SANDBOX: 'bubblewrap', REPRISE_PYTHON: join(folder, 'nowhere') }
  expect(await finding('Code interpreter', env)).toMatchObject({ ok: false, advice: expect.any(String) })
})
