import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { compileQueries } from './queries.ts'
import { queryCompiler } from './query.ts'

test('names the parameters in the order of the text, as often as they occur there', () => {
  const { query } = queryCompiler('sqlite')
  const made = query<{ a: number; b: string }>((param) => {
    const [b, a] = [param('b'), param('a')]
    return sql`delete from t where a = ${a} and b = ${b} and c > ${a}`
  })
  expect(made).toMatchObject({
    text: 'delete from t where a = ? and b = ? and c > ?',
    names: ['a', 'b', 'a'],
    writes: true,
  })
})

test('speaks the dialect', () => {
  const { query } = queryCompiler('postgres')
  const made = query<{ a: number }>((param) => sql`select 1 from t where a = ${param('a')}`)
  expect(made).toMatchObject({ text: 'select 1 from t where a = $1', names: ['a'], writes: false })
})

test('refuses a value that is not a parameter', () => {
  const { db, query } = queryCompiler('sqlite')
  expect(() => query(() => db.selectFrom('threads').select('id').where('id', '=', 'thread_1'))).toThrow(
    'a literal among',
  )
})

test('rows that a transaction reads are locked where several may write', () => {
  const [sqlite, postgres] = [compileQueries('sqlite'), compileQueries('postgres')]
  expect(sqlite.threads.hold.text).toBe(sqlite.threads.get.text)
  expect(postgres.threads.hold.text).toBe(`${postgres.threads.get.text} for update`)
  expect(postgres.jobs.claim.text).toContain('for update skip locked')
})
