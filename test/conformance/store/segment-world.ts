import fc from 'fast-check'
import { expect } from 'vitest'
import type { Attributes, StoreFileStatus } from '../../../src/api/vector-store.ts'
import type { LiveSegment } from '../../../src/ports/search.ts'
import type { Store } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'

type Happening =
  | { do: 'file'; store: number; file: number; status: StoreFileStatus; attributes: Attributes }
  | { do: 'segment' | 'removeFile' | 'undone'; store: number; file: number }
  | { do: 'removeFiles' | 'removeSegments' | 'removeStore' | 'expire'; store: number }

const place = { store: fc.nat(1), file: fc.nat(1) }
/** One change to the world. */
export const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('file' as const),
      ...place,
      status: fc.constantFrom<StoreFileStatus>('in_progress', 'completed', 'completed', 'failed', 'cancelled'),
      attributes: fc.dictionary(fc.constantFrom('a', 'b'), fc.nat(2), { noNullPrototype: true }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('segment' as const), ...place }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('removeFile' as const, 'undone' as const), ...place }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('removeFiles' as const, 'removeSegments' as const, 'removeStore' as const, 'expire' as const),
      store: place.store,
    }),
  },
)

/** Two stores of a project as they should be, kept in step with the store under test. */
export class World {
  readonly project: string
  readonly stores = [freshId('vs'), freshId('vs')]
  readonly #known = new Map<string, 'completed' | 'expired'>()
  readonly #files = new Map<string, Pick<LiveSegment, 'filename' | 'attributes'> & { status: StoreFileStatus }>()
  readonly #segments = new Map<string, string>()

  constructor(project = freshId('project')) {
    this.project = project
  }

  live(): Pick<LiveSegment, 'id' | 'filename' | 'attributes'>[] {
    return this.#files
      .entries()
      .flatMap(([key, { status, filename, attributes }]) => {
        const id = this.#segments.get(key)
        const expired = this.#known.get(key.split(' ')[0] ?? '') !== 'completed'
        return status !== 'completed' || id === undefined || expired ? [] : [{ id, filename, attributes }]
      })
      .toArray()
  }

  async apply(store: Store, happening: Happening): Promise<void> {
    const vector_store_id = this.stores[happening.store] ?? ''
    const file_id = 'file' in happening ? `file_${happening.file}` : ''
    const key = `${vector_store_id} ${file_id}`
    await this.#ensureStore(store, vector_store_id)
    const changed = store.transaction(this.project, async (tx) => {
      switch (happening.do) {
        case 'file': {
          const { status, attributes } = happening
          const change = { status, attributes: JSON.stringify(attributes), filename: `${status}.txt` }
          const known = await tx.vectorStoreFiles.update(vector_store_id, file_id, change)
          if (!known) await tx.vectorStoreFiles.insert(row.vectorStoreFile({ id: file_id, vector_store_id, ...change }))
          this.#files.set(key, { status, attributes, filename: change.filename })
          break
        }
        case 'segment': {
          if (!(await tx.vectorStoreFiles.get(vector_store_id, file_id))) break
          const segment = row.segment({ vector_store_id, file_id })
          await tx.segments.put(segment)
          this.#segments.set(key, segment.id)
          break
        }
        case 'removeFile':
          await tx.vectorStoreFiles.remove(vector_store_id, file_id)
          this.#forget(this.#files, key)
          this.#forget(this.#segments, key)
          break
        case 'undone':
          await tx.vectorStoreFiles.remove(vector_store_id, file_id)
          await tx.vectorStores.remove(vector_store_id)
          throw new Error('undone')
        case 'removeFiles':
          await tx.vectorStoreFiles.removeAll(vector_store_id)
          this.#forget(this.#files, vector_store_id)
          this.#forget(this.#segments, vector_store_id)
          break
        case 'removeSegments':
          await tx.segments.removeAll(vector_store_id)
          this.#forget(this.#segments, vector_store_id)
          break
        case 'removeStore':
          await tx.vectorStores.remove(vector_store_id)
          this.#known.delete(vector_store_id)
          this.#forget(this.#files, vector_store_id)
          this.#forget(this.#segments, vector_store_id)
          break
        case 'expire':
          await tx.vectorStores.update(vector_store_id, { body: '{"status":"expired"}' })
          this.#known.set(vector_store_id, 'expired')
      }
    })
    if (happening.do === 'undone') await expect(changed).rejects.toThrow('undone')
    else await changed
  }

  /** It comes back when it was removed or had expired. */
  async #ensureStore(store: Store, id: string): Promise<void> {
    if (this.#known.get(id) === 'completed') return
    this.#known.set(id, 'completed')
    const body = '{"status":"completed","metadata":{"status":"expired"}}'
    await store.transaction(this.project, async (tx) => {
      if (!(await tx.vectorStores.update(id, { body }))) await tx.vectorStores.insert(row.vectorStore({ id, body }))
    })
  }

  #forget(rows: Map<string, unknown>, prefix: string): void {
    for (const key of rows.keys()) if (key.startsWith(prefix)) rows.delete(key)
  }
}

/** What of a live segment may change, in a form that sorts. */
export function told({ id, filename, attributes }: Pick<LiveSegment, 'id' | 'filename' | 'attributes'>): string {
  return JSON.stringify({ id, filename, attributes })
}
