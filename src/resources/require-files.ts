import { noSuchFile } from '../api/error.ts'
import type { File } from '../api/file.ts'
import { fromText } from '../api/json.ts'
import type { Transaction } from '../ports/store.ts'

/**
 * The files of these ids, in order. Throws the 404 of the first that does not exist. They are read by the order of their
 * ids, since a read may lock: two transactions that take the same files must not wait for each other.
 */
export async function requireFiles(tx: Pick<Transaction, 'files'>, ids: readonly string[]): Promise<File[]> {
  const known = new Map<string, File>()
  for (const id of [...new Set(ids)].sort()) {
    const row = await tx.files.get(id)
    if (row) known.set(id, fromText(row.body))
  }
  return ids.map((id) => {
    const file = known.get(id)
    if (!file) throw noSuchFile(id)
    return file
  })
}
