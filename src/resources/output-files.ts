import type { File } from '../api/file.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Blobs } from '../ports/blobs.ts'
import type { Store, Transaction } from '../ports/store.ts'
import { fileRow, newFile } from './new-file.ts'

/** Bytes that code put out. */
export interface Output {
  readonly data: AsyncIterable<Uint8Array>
  readonly maxBytes: number
  /** What the file is called; a figure has no name but its id. */
  readonly filename: (id: string) => string
}

/** Files of purpose `assistants_output`: first their bytes, then their rows. */
export interface OutputFiles {
  /**
   * Stores the bytes of a file that nobody sees before `record`. Rejects with `BlobTooLarge` past its size, and with
   * whatever `data` throws; nothing is left then.
   */
  write(output: Output): Promise<File>
  /** Makes these files exist, in one transaction with what `also` does; when that fails, their bytes go. */
  record(project: string, files: readonly File[], also?: (tx: Transaction) => Promise<void>): Promise<void>
  /** Removes the bytes of files that were not recorded. */
  discard(files: readonly File[]): Promise<void>
}

export function createOutputFiles({ store, blobs, newId, now }: OutputParts): OutputFiles {
  async function write({ data, maxBytes, filename }: Output): Promise<File> {
    const id = newId('file')
    const { bytes } = await blobs.write(id, data, { maxBytes })
    const purpose = 'assistants_output'
    return newFile({ id, purpose, filename: filename(id), bytes, created_at: now(), expires_after: null })
  }

  async function record(project: string, files: readonly File[], also = async (_: Transaction) => {}): Promise<void> {
    try {
      await store.transaction(project, async (tx) => {
        for (const file of files) await tx.files.insert(fileRow(file))
        await also(tx)
      })
    } catch (error) {
      await discard(files)
      throw error
    }
  }

  async function discard(files: readonly File[]): Promise<void> {
    for (const { id } of files) await blobs.remove(id)
  }

  return { write, record, discard }
}

interface OutputParts {
  store: Pick<Store, 'transaction'>
  blobs: Blobs
  newId: NewId
  now: Now
}
