import { noSuchFile } from '../api/error.ts'
import type { File } from '../api/file.ts'
import { fromText } from '../api/json.ts'
import type { Transaction } from '../ports/store.ts'

/** The files of these ids, in order. Throws the 404 of the first that does not exist. */
export async function requireFiles(tx: Pick<Transaction, 'files'>, ids: readonly string[]): Promise<File[]> {
  const files: File[] = []
  for (const id of ids) {
    const row = await tx.files.get(id)
    if (!row) throw noSuchFile(id)
    files.push(fromText(row.body))
  }
  return files
}
