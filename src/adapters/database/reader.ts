import type { Listed, Page, Reader, Row } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import type { Filter, ListQueries } from './lists.ts'
import { listPage } from './lists.ts'
import type { Queries } from './queries.ts'
import type { RecordQueries } from './records.ts'
import { reads } from './records.ts'
import { vectorStoreFileReader } from './vector-store-files.ts'

/** Reads the rows of one project. */
export function createReader(queries: Queries, connection: Connection, project: string): Reader {
  const scope = { project }

  function listed<Kind extends Row, Thing>(kind: RecordQueries<Kind> & ListQueries<Thing>) {
    return {
      ...reads(kind, connection, scope),
      list: (filter: Filter, page: Page): Promise<Listed<Thing>> =>
        listPage({ queries: kind, connection, project }, filter, page),
    }
  }
  return {
    assistants: listed(queries.assistants),
    threads: reads(queries.threads, connection, scope),
    messages: {
      ...listed(queries.messages),
      async newest(thread_id, { exceptRun, limit }) {
        const rows = await connection.all(queries.messages.newest, { project, thread_id, exceptRun, limit })
        return rows.map((row) => row.body)
      },
    },
    runs: listed(queries.runs),
    steps: {
      ...reads(queries.steps, connection, scope),
      list: (filter, page, { full }) =>
        listPage({ queries: full ? queries.steps.full : queries.steps, connection, project }, filter, page),
      ofRun: (run_id) => connection.all(queries.steps.ofRun, { project, run_id }),
    },
    files: listed(queries.files),
    uploads: reads(queries.uploads, connection, scope),
    uploadParts: reads(queries.uploadParts, connection, scope),
    vectorStores: listed(queries.vectorStores),
    vectorStoreFiles: vectorStoreFileReader(queries, connection, project),
    fileBatches: reads(queries.fileBatches, connection, scope),
    interpreters: {
      get: (thread_id) => connection.first(queries.interpreters.get, { project, thread_id }),
    },
  }
}
