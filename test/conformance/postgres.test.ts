import { afterAll, beforeAll, describe } from 'vitest'
import { noPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts'
import { postgresDatabase } from './postgres-database.ts'
import { describeQueue } from './queue.ts'
import { describeStore } from './store.ts'

describe.skipIf(noPostgres)(noPostgres ?? 'on a server of its own', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  describeStore('Postgres', () => postgresDatabase(server))
  describeQueue('Postgres', () => postgresDatabase(server))
})
