import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openSqlite } from '../../src/adapters/database/open-database.ts'
import { DatabaseInUse } from '../../src/adapters/database/process-lock.ts'
import type { Store } from '../../src/ports/store.ts'
import { sqliteDatabase } from './sqlite-database.ts'

test('what was acknowledged outlives a killed process, whole transactions only', async () => {
  await using database = await sqliteDatabase()
  const acknowledged: string[] = []
  for (const [round, enough] of [3, 40, 400, 1500].entries()) {
    acknowledged.push(...(await writeUntilKilled(database.path, { round, enough })))
    const store = await database.open()
    for (const id of acknowledged) expect(await stored(store, id), id).toEqual({ thread: true, message: true })
    for (const id of acknowledged.map(following)) {
      const { thread, message } = await stored(store, id)
      expect(thread, `${id} is there whole or not at all`).toBe(message)
    }
    await store.close()
  }
  expect(acknowledged.length).toBeGreaterThan(1900)
})

test('a second process is refused while the first lives, and served once it was killed', async () => {
  await using database = await sqliteDatabase()
  const first = startWriter(database.path, 0)
  await once(first.stdout, 'data')
  await expect(openSqlite({ path: database.path })).rejects.toThrow(DatabaseInUse)
  first.kill('SIGKILL')
  await once(first, 'close')
  const store = await database.open()
  await store.check()
})

function startWriter(path: string, round: number): ChildProcessWithoutNullStreams {
  const program = fileURLToPath(new URL('./write-until-killed.ts', import.meta.url))
  return spawn(process.execPath, [program, path, String(round)])
}

/** Starts a writing process, kills it once it has acknowledged enough, and answers all that it acknowledged. */
async function writeUntilKilled(path: string, { round, enough }: { round: number; enough: number }): Promise<string[]> {
  const writer = startWriter(path, round)
  let printed = ''
  let complaints = ''
  writer.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  writer.stdout.on('data', (chunk) => {
    printed += chunk
    if (printed.split('\n').length > enough) writer.kill('SIGKILL')
  })
  await once(writer, 'close')
  expect(complaints).toBe('')
  return printed.split('\n').slice(0, -1)
}

async function stored(store: Store, id: string): Promise<{ thread: boolean; message: boolean }> {
  const reader = store.read('project')
  const thread = await reader.threads.get(id)
  const message = await reader.messages.get(`${id}-message`)
  return { thread: thread !== undefined, message: message !== undefined }
}

/** The id that its writer used next; after the last acknowledged one, the transaction that the kill met. */
function following(id: string): string {
  const [round, writer, count] = id.split('-')
  return `${round}-${writer}-${Number(count) + 1}`
}
