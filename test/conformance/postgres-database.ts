import { openPostgres } from '../../src/adapters/database/open-postgres.ts'
import type { Store } from '../../src/ports/store.ts'
import type { PostgresServer } from '../support/postgres.ts'
import type { TestDatabase } from './test-database.ts'

/** A database of its own on this server. */
export async function postgresDatabase(server: PostgresServer): Promise<TestDatabase & { readonly url: string }> {
  const url = await server.create()
  let store: Store | undefined
  return {
    url,
    async open() {
      await store?.close()
      store = await openPostgres({ url })
      return store
    },
    async [Symbol.asyncDispose]() {
      await store?.close()
    },
  }
}
