import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { YamlFileError } from '../adapters/model/yaml-file.ts'
import { readConfig } from '../config.ts'
import { exitCodeOf, startFailure } from './start-failure.ts'

const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** What Node says when it cannot listen there, as the person would read it. */
async function failureOf(host: string, port: number): Promise<string> {
  const server = createServer().listen(port, host)
  servers.push(server)
  const [error] = await once(server, 'error')
  return startFailure(error, { ...readConfig({}), host, port })
}

test('a port that is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  servers.push(other)
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  expect(await failureOf('127.0.0.1', port)).toBe(
    `Port ${port} on 127.0.0.1 is taken: stop what listens there, or choose another with REPRISE_PORT.`,
  )
})

test('an address of another machine', async () => {
  expect(await failureOf('192.0.2.1', 0)).toBe(
    '192.0.2.1 is no address of this machine: choose another with REPRISE_HOST.',
  )
})

test('a port for others', () => {
  const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES', syscall: 'listen' })
  expect(startFailure(error, readConfig({ REPRISE_PORT: '80' }))).toBe(
    'This user may not listen on port 80: choose another with REPRISE_PORT.',
  )
})

test('a database that cannot be used is named, with what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-'))
  const path = join(folder, 'notes.txt')
  writeFileSync(path, 'This is no database, however long one looks at it. '.repeat(100))
  const config = readConfig({ REPRISE_DATABASE_URL: `sqlite:${path}` })
  expect(startFailure(thrownBy(path), config)).toBe(
    `The database ${path} cannot be used (file is not a database): restore it from a backup, or move it away to start with an empty one.`,
  )
  expect(startFailure(thrownBy(folder), config)).toContain('writable for this user.')
  rmSync(folder, { recursive: true })
})

function thrownBy(path: string): unknown {
  try {
    new DatabaseSync(path).exec('CREATE TABLE t (a)')
    return null
  } catch (error) {
    return error
  }
}

test('the exit code tells a mistake in a file from other trouble', () => {
  expect(exitCodeOf(new YamlFileError('models.yaml:3: no such key'))).toBe(2)
  expect(exitCodeOf(new Error('disk full'))).toBe(1)
})

test('anything else is one line, with the stack when the log has details', () => {
  const error = new Error('models.yaml, line 3: no such key')
  expect(startFailure(error, readConfig({}))).toBe('models.yaml, line 3: no such key')
  expect(startFailure(error, readConfig({ REPRISE_LOG_LEVEL: 'debug' }))).toContain(import.meta.filename)
})
