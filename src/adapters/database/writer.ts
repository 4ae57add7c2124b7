import type { Transaction } from '../../ports/store.ts'
import type { TransactionConnection } from './connection.ts'
import { jobWriter } from './jobs.ts'
import type { Queries } from './queries.ts'
import { writes } from './records.ts'
import { runWriter } from './runs.ts'
import { segmentWriter } from './segment-writer.ts'
import { threadWriter } from './threads.ts'
import { vectorStoreFileWriter } from './vector-store-files.ts'
import { vectorStoreWriter } from './vector-stores.ts'

/** What is to be done after the commit. */
export interface Aftermath {
  /** A job was added that anybody may take. */
  freed(): void
  /** Segments were dropped. */
  dropped(): void
}

/** What one transaction does to the rows of one project. */
export function createWriter(
  { queries, connection, aftermath }: { queries: Queries; connection: TransactionConnection; aftermath: Aftermath },
  project: string,
): Transaction {
  const scope = { project }
  const { freed, dropped } = aftermath
  const segments = segmentWriter({ queries: queries.segments, connection, dropped }, project)
  const vectorStoreFiles = vectorStoreFileWriter({ queries: queries.vectorStoreFiles, connection }, project, segments)

  return {
    assistants: {
      ...writes(queries.assistants, connection, scope),
      mentioning: (file_id) => connection.all(queries.assistants.mentioning, { project, file_id }),
    },
    threads: threadWriter(queries.threads, connection, project),
    messages: writes(queries.messages, connection, scope),
    runs: runWriter(queries.runs, connection, project),
    steps: {
      ...writes(queries.steps, connection, scope),
      ofRun: (run_id) => connection.all(queries.steps.ofRun, { project, run_id }),
    },
    files: fileWriter(queries.files, connection, project),
    uploads: writes(queries.uploads, connection, scope),
    uploadParts: {
      ...writes(queries.uploadParts, connection, scope),
      ofUpload: (upload_id) => connection.all(queries.uploadParts.ofUpload, { project, upload_id }),
    },
    vectorStores: vectorStoreWriter({ queries: queries.vectorStores, connection }, project, vectorStoreFiles),
    vectorStoreFiles,
    fileBatches: writes(queries.fileBatches, connection, scope),
    segments,
    interpreters: {
      async put(row) {
        await connection.post(queries.interpreters.put, { ...row, project })
      },
    },
    jobs: jobWriter({ queries: queries.jobs, connection, freed }, project),
  }
}

function fileWriter(
  queries: Queries['files'],
  connection: TransactionConnection,
  project: string,
): Transaction['files'] {
  const records = writes(queries, connection, { project })
  return {
    ...records,
    async remove(id) {
      for (const query of queries.listing) await connection.post(query, { project, file_id: id })
      return await records.remove(id)
    },
  }
}
