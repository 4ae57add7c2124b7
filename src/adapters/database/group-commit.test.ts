import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { groupCommit } from './group-commit.ts'
import type { Query } from './query.ts'
import { sqliteConnection } from './sqlite-connection.ts'

const insert = writing('insert into things (id) values (?)')
const orphan = writing('insert into parts (thing) values (?)')

test('transactions of one moment share a commit and a flush', async () => {
  const { run, stored, flushes } = open()
  await Promise.all(['a', 'b', 'c'].map((id) => run((connection) => connection.run(insert, { id }))))
  expect(stored()).toEqual(['a', 'b', 'c'])
  expect(flushes).toHaveLength(1)
})

test('resolves only after a flush that began when its commit was done', async () => {
  const { run, stored, flushes } = open({ holdFlushes: true })
  const settled: string[] = []
  const first = run((connection) => connection.run(insert, { id: 'a' })).then(() => settled.push('a'))
  await until(() => flushes.length === 1)
  const second = run((connection) => connection.run(insert, { id: 'b' })).then(() => settled.push('b'))
  await immediates()
  expect(settled).toEqual([])
  flushes[0]?.resolve()
  await first
  await until(() => flushes.length === 2)
  expect(flushes[1]?.stored).toEqual(['a', 'b'])
  expect(settled).toEqual(['a'])
  flushes[1]?.resolve()
  await second
  expect(stored()).toEqual(['a', 'b'])
})

test('a transaction that changes nothing needs no flush', async () => {
  const { run, flushes } = open()
  await run(async () => undefined)
  await expect(run((connection) => connection.run(insert, { id: 'a' }).then(() => Promise.reject('no')))).rejects.toBe(
    'no',
  )
  expect(flushes.length).toBeLessThanOrEqual(1)
  await run(async () => undefined)
  expect(flushes.length).toBeLessThanOrEqual(1)
})

test('a flush that fails rejects all of its group', async () => {
  const { run, flushes } = open({ holdFlushes: true })
  const group = ['a', 'b'].map((id) => run((connection) => connection.run(insert, { id })))
  await until(() => flushes.length === 1)
  flushes[0]?.reject(new Error('no disk'))
  for (const each of group) await expect(each).rejects.toThrow('no disk')
})

test('a commit that fails rejects and undoes all of its group, and the next one is carried out', async () => {
  const { run, stored, flushes } = open()
  const group = [
    run((connection) => connection.run(insert, { id: 'a' })),
    run((connection) => connection.run(orphan, { id: 'missing' })),
  ]
  for (const each of group) await expect(each).rejects.toThrow('FOREIGN KEY')
  await run((connection) => connection.run(insert, { id: 'b' }))
  expect(stored()).toEqual(['b'])
  expect(flushes).toHaveLength(1)
})

test('the next group waits until what follows a commit is done', async () => {
  const held = Promise.withResolvers<void>()
  const { run, stored } = open({ afterCommit: () => held.promise })
  await run((connection) => connection.run(insert, { id: 'a' }))
  const next = run((connection) => connection.run(insert, { id: 'b' }))
  await immediates()
  expect(stored()).toEqual(['a'])
  held.resolve()
  await next
  expect(stored()).toEqual(['a', 'b'])
})

test('a very large group is carried out in several commits', async () => {
  const { run, stored, flushes } = open()
  const ids = Array.from({ length: 1000 }, (_, index) => String(index).padStart(4, '0'))
  await Promise.all(ids.map((id) => run((connection) => connection.run(insert, { id }))))
  expect(stored()).toEqual(ids)
  expect(flushes.length).toBeGreaterThan(1)
  expect(flushes.length).toBeLessThan(20)
})

interface Flush extends PromiseWithResolvers<void> {
  /** What was committed when it began. */
  readonly stored: string[]
}

/** Group commit on a database in memory. A part without its thing makes the commit fail, not the statement. */
function open({ holdFlushes = false, afterCommit = async () => {} } = {}) {
  const database = new DatabaseSync(':memory:')
  database.exec(`
    create table things (id text primary key);
    create table parts (thing text references things (id) deferrable initially deferred)`)
  const flushes: Flush[] = []

  function stored(): string[] {
    return database
      .prepare('select id from things order by id')
      .all()
      .map((row) => String(row.id))
  }

  async function flush(): Promise<void> {
    const begun = { ...Promise.withResolvers<void>(), stored: stored() }
    flushes.push(begun)
    if (holdFlushes) await begun.promise
  }
  const { run } = groupCommit({
    database,
    connection: sqliteConnection(database),
    wal: { flush, check() {} },
    afterCommit,
  })
  return { run, stored, flushes }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}

/** Long enough for everything that does not wait for something else. */
async function immediates(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

function writing(text: string): Query<{ id: string }> {
  return { text, name: text, names: ['id'], writes: true }
}
