import type { NewId } from '../lib/id.ts'
import type { JobWriter } from '../ports/queue.ts'

/** The kind of job that makes a file of a store searchable. */
export const indexFileJob = 'index_file'

/** A file in a store. */
export interface StoreFileKey {
  readonly vector_store_id: string
  readonly file_id: string
}

/**
 * Queues the ingestion of a file, in the line of its store. Whatever was under way for the same entry is
 * over with that: its job is gone, and what it comes to is dropped.
 */
export async function addIndexJob(jobs: JobWriter, key: StoreFileKey, newId: NewId): Promise<void> {
  const subject = subjectOf(key)
  await jobs.removeAbout(subject)
  await jobs.add({ id: newId('job'), kind: indexFileJob, subject, lane: key.vector_store_id, runAt: Date.now() })
}

export function removeIndexJob(jobs: JobWriter, key: StoreFileKey): Promise<void> {
  return jobs.removeAbout(subjectOf(key))
}

function subjectOf({ vector_store_id, file_id }: StoreFileKey): string {
  return `${vector_store_id}/${file_id}`
}

/** The entry that such a job is about. */
export function keyOfSubject(subject: string): StoreFileKey {
  const [vector_store_id = '', file_id = ''] = subject.split('/')
  return { vector_store_id, file_id }
}
