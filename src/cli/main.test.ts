import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

const main = join(import.meta.dirname, 'main.js')

let folder: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  rmSync(folder, { recursive: true })
})

function reprise(args: string[], env: Record<string, string> = {}) {
  const quiet = { REPRISE_PORT: '0', REPRISE_SCRIPT: '', REPRISE_SANDBOX: 'off' }
  const settings = { REPRISE_DATA_DIR: join(folder, 'data'), ...quiet, ...env }
  const child = spawn(process.execPath, [main, ...args], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  return { child, ended: once(child, 'close').then(([code]) => code) }
}

/** What it prints and says when it is done, and its exit code. */
async function outcome(args: string[], env?: Record<string, string>) {
  const { child, ended } = reprise(args, env)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, code }
}

/** A server that has said where it listens. */
async function serving(env?: Record<string, string>) {
  const { child, ended } = reprise(['serve'], { REPRISE_LOG_LEVEL: 'error', ...env })
  let printed = ''
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
    printed += piece
    if (printed.includes('Be brief')) break
  }
  const url = /Base URL +(\S+)\/v1/.exec(printed)?.[1] ?? ''
  return { child, ended, printed, url }
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { authorization: 'Bearer any', 'content-type': 'application/json' }
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return reply.json()
}

test('serves, says where, and stops when asked', async () => {
  const { child, ended, printed, url } = await serving()
  expect(printed).toContain('NO LANGUAGE MODEL IS CONNECTED')
  expect(printed).toMatch(/\n {2}Code {6}off/)
  expect((await fetch(`${url}/health`)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('a signal that comes twice at once, as npm passes it on, is one wish', async () => {
  const { child, ended } = await serving()
  child.kill('SIGINT')
  child.kill('SIGINT')
  expect(await ended).toBe(0)
})

test('a second signal ends it at once, whatever is under way', async () => {
  const { child, ended, url } = await serving({ REPRISE_SCRIPT: silentModel(), REPRISE_GRACE_SECONDS: '60' })
  await startRun(url)
  const insisting = setInterval(() => child.kill('SIGTERM'), 100)
  expect(await ended).toBe(143)
  clearInterval(insisting)
})

test('says what it waits for when stopping takes a while', async () => {
  const { child, ended, url } = await serving({ REPRISE_SCRIPT: silentModel(), REPRISE_GRACE_SECONDS: '1' })
  await startRun(url)
  child.kill('SIGINT')
  const [printed, code] = await Promise.all([text(child.stdout), ended])
  expect(printed).toContain('What is under way has up to 1 s to finish')
  expect(code).toBe(0)
})

/** The path of a script for a model that never answers. */
function silentModel(): string {
  const script = join(folder, 'script.yaml')
  writeFileSync(script, 'rules: [{ match: {}, reply: { failure: { hang_after: 0 } } }]')
  return script
}

async function startRun(url: string): Promise<void> {
  const { id } = z.object({ id: z.string() }).parse(await post(`${url}/v1/assistants`, { model: 'gpt-4o' }))
  await post(`${url}/v1/threads/runs`, { assistant_id: id, thread: { messages: [{ role: 'user', content: 'Hi' }] } })
}

test('says at the start that the upstream cannot be used', async () => {
  const { printed } = await serving({ REPRISE_UPSTREAM_URL: 'http://127.0.0.1:1/v1' })
  expect(printed).toContain('!! RUNS MAY FAIL: http://127.0.0.1:1/v1 cannot be reached (ECONNREFUSED).')
})

test('one line says that the data folder is in use', async () => {
  await serving()
  const { stderr, stdout, code } = await outcome(['serve'])
  expect(stderr).toMatch(/^reprise: Another Reprise process is using this data folder .*\n$/)
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 })
})

test('one line says that the port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = z.object({ port: z.number() }).parse(other.address())
  const { stderr, code } = await outcome(['serve', '--port', String(port)])
  other.close()
  expect(stderr).toBe(
    `reprise: Port ${port} on 127.0.0.1 is taken: stop what listens there, or choose another with REPRISE_PORT.\n`,
  )
  expect(code).toBe(1)
})

test('brings a database to the newest schema, or says in one line why it cannot, without its password', async () => {
  expect(await outcome(['migrate'])).toEqual({
    stdout: 'The database has the newest schema.\n',
    stderr: '',
    code: 0,
  })
  for (const command of ['migrate', 'serve']) {
    const { stdout, stderr, code } = await outcome([command, '--database-url', 'postgres://me:secret@127.0.0.1:1/none'])
    expect(stderr).toMatch(/^reprise: The Postgres database "none" at 127\.0\.0\.1:1 cannot be used \(.+\): .*\n$/)
    expect(stderr).not.toContain('secret')
    expect([stdout, code]).toEqual(['', 1])
  }
})

test('one line says what is wrong with a value, a flag or a file', async () => {
  const value = await outcome(['serve'], { REPRISE_PORT: 'x' })
  expect(value).toEqual({
    stdout: '',
    stderr: 'reprise: REPRISE_PORT is "x": it takes a port from 0 to 65535.\n',
    code: 2,
  })
  const flag = await outcome(['serve', '--prot'])
  expect(flag).toEqual({
    stdout: '',
    stderr: 'reprise: --prot is no option of Reprise: did you mean --port?\n',
    code: 2,
  })
  const file = await outcome(['serve', '--script', join(folder, 'none.yaml')])
  expect(file).toMatchObject({
    stdout: '',
    stderr: `reprise: ${join(folder, 'none.yaml')} does not exist\n`,
    code: 2,
  })
})

test('says what the code interpreter needs, for the sandbox that is configured', async () => {
  const { stdout, code } = await outcome(['setup', 'sandbox', '--sandbox', 'docker'])
  expect(stdout).toMatch(/^What the code interpreter needs on .+:\n\n {2}✗ Docker/)
  expect(code).toBe(0)
  expect(await outcome(['setup', 'sandbox', '--sandbox', 'chroot'])).toMatchObject({
    stderr: 'reprise: --sandbox is "chroot": it takes one of auto, bubblewrap, gvisor, docker, landlock and off.\n',
    code: 2,
  })
})

test('help and version', async () => {
  const { stdout, code } = await outcome(['--help'])
  expect(stdout).toContain('--data-dir FOLDER')
  expect(code).toBe(0)
  expect((await outcome(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
