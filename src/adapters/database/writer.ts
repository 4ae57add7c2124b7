import type { Transaction } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { jobWriter } from './jobs.ts'
import type { Queries } from './queries.ts'
import { writes } from './records.ts'
import { runWriter } from './runs.ts'
import { threadWriter } from './threads.ts'

/** What one transaction does to the rows of one project. `freed` is called when it adds a job that anybody may take. */
export function createWriter(
  { queries, connection, freed }: { queries: Queries; connection: Connection; freed: () => void },
  project: string,
): Transaction {
  return {
    assistants: {
      ...writes(queries.assistants, connection, project),
      mentioning: (file_id) => connection.all(queries.assistants.mentioning, { project, file_id }),
    },
    threads: threadWriter(queries.threads, connection, project),
    messages: writes(queries.messages, connection, project),
    runs: runWriter(queries.runs, connection, project),
    steps: {
      ...writes(queries.steps, connection, project),
      ofRun: (run_id) => connection.all(queries.steps.ofRun, { project, run_id }),
    },
    files: writes(queries.files, connection, project),
    uploads: writes(queries.uploads, connection, project),
    uploadParts: {
      ...writes(queries.uploadParts, connection, project),
      ofUpload: (upload_id) => connection.all(queries.uploadParts.ofUpload, { project, upload_id }),
    },
    jobs: jobWriter({ queries: queries.jobs, connection, freed }, project),
  }
}
