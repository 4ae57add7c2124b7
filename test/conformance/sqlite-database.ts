import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/adapters/database/open-database.ts'
import type { Store } from '../../src/ports/store.ts'
import type { TestDatabase } from './test-database.ts'

/** A SQLite database in a folder of its own. */
export async function sqliteDatabase(): Promise<TestDatabase & { readonly path: string }> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'reprise-database-'))
  const path = join(folder.path, 'reprise.sqlite')
  let store: Store | undefined
  return {
    path,
    async open() {
      await store?.close()
      store = await openSqlite({ path })
      return store
    },
    async [Symbol.asyncDispose]() {
      await store?.close()
      await folder.remove()
    },
  }
}
