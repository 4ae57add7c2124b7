import type { HeldJob, JobHandler } from '../jobs/job-handler.ts'
import type { NewId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import { ExtractionFailure } from '../ports/extractor.ts'
import { ModelFailure } from '../ports/model.ts'
import type { SegmentBytes } from '../ports/search.ts'
import type { Store, VectorStoreFileRow } from '../ports/store.ts'
import { requireStore } from '../resources/change-store.ts'
import { keyOfSubject } from '../resources/index-job.ts'
import { type FileOutcome, settleFiles } from '../resources/settle-files.ts'
import { type IngestParts, ingestFile } from './ingest-file.ts'

/** How often work that fails for no fault of the file is tried. */
const maxAttempts = 5
/** A file that was begun so often without an end takes the process down with it. */
const maxClaims = 10
const firstRestMs = 1000

/**
 * Makes a file of a store searchable: the handler of `index_file` jobs. The job stands for one attachment of the file;
 * attaching it again, cancelling it or taking it out of the store removes the job, and what was made is then dropped.
 */
export function createFileIndexer({ store, newId, log, ...ingest }: IndexerParts): JobHandler {
  return async function indexFile(job, { signal }) {
    const row = await entryOf(job)
    if (!row) return giveUp(job)
    try {
      refuseDeadly(job)
      const { segment, usage_bytes } = await ingestFile(ingest, row, { signal })
      await settle(job, { status: 'completed', usage_bytes }, segment)
    } catch (error) {
      if (signal.aborted) return
      const last_error = reasonOf(error)
      const subject = { vector_store_id: row.vector_store_id, file_id: row.id, attempts: job.attempts }
      log.warn({ ...subject, err: error }, 'a file could not be ingested')
      if (error instanceof ExtractionFailure || job.attempts >= maxAttempts) {
        await settle(job, { status: 'failed', last_error })
      } else {
        const runAt = Date.now() + firstRestMs * 4 ** (job.attempts - 1)
        await store.queue.release(job.id, { owner: job.owner, runAt })
      }
    }
  }

  /** The entry that the job is about, for as long as it waits for it. */
  async function entryOf({ project, subject }: HeldJob): Promise<VectorStoreFileRow | undefined> {
    const { vector_store_id, file_id } = keyOfSubject(subject)
    const row = await store.read(project).vectorStoreFiles.get(vector_store_id, file_id)
    return row?.status === 'in_progress' ? row : undefined
  }

  async function giveUp({ project, id, owner }: HeldJob): Promise<void> {
    await store.transaction(project, (tx) => tx.jobs.complete(id, owner))
  }

  /** Entry, counts, passages and job change together, and only if the job is still the one that counts. */
  async function settle(job: HeldJob, outcome: FileOutcome, segment?: SegmentBytes): Promise<void> {
    const { vector_store_id, file_id } = keyOfSubject(job.subject)
    await store.transaction(job.project, async (tx) => {
      if (!(await tx.jobs.complete(job.id, job.owner))) return
      const row = await tx.vectorStoreFiles.get(vector_store_id, file_id)
      if (row?.status !== 'in_progress') return
      const { status } = await requireStore(tx, vector_store_id)
      if (status === 'expired') return settleFiles(tx, vector_store_id, [row], tooLate(vector_store_id))
      if (segment) await tx.segments.put({ ...segment, id: newId('segment'), vector_store_id, file_id })
      await settleFiles(tx, vector_store_id, [row], outcome)
    })
  }
}

interface IndexerParts extends IngestParts {
  store: Pick<Store, 'read' | 'transaction' | 'queue'>
  newId: NewId
  log: Log
}

function refuseDeadly({ attempts }: HeldJob): void {
  if (attempts <= maxClaims) return
  throw new ExtractionFailure('server_error', 'The file could not be processed: the server stopped each time it tried.')
}

function tooLate(vector_store_id: string): FileOutcome {
  const message = `Vector store ${vector_store_id} has expired.`
  return { status: 'failed', last_error: { code: 'server_error', message } }
}

function reasonOf(error: unknown): Extract<FileOutcome, { status: 'failed' }>['last_error'] {
  if (error instanceof ExtractionFailure) return { code: error.code, message: error.message }
  const message = error instanceof ModelFailure ? error.message : 'An internal error occurred.'
  return { code: 'server_error', message }
}
