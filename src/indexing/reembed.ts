import { setTimeout as pause } from 'node:timers/promises'
import type { NewId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { OutsideSegment, SearchIndex } from '../ports/search.ts'
import type { Store } from '../ports/store.ts'
import { embedChunks } from './ingest-file.ts'

const pageSize = 20
/** So many failures in a row are not the fault of the passages. */
const patience = 3
const restMs = 60_000

/** Work that goes on behind everything else until it is done. */
export interface Background {
  start(): void
  /** Interrupts it; what was done stays done. */
  stop(): Promise<void>
}

/**
 * Gives passages that were embedded by another model, or by none, vectors of the present one: file after file, each in
 * one transaction. Until its turn comes, a file is found by its words alone. What is left to do is asked of the store,
 * so a restart goes on where the last process stopped. Of several nodes one does it; the others look again now and then.
 */
export function createReembedding({ store, index, embedder, isFirst, newId, log }: ReembeddingParts): Background {
  const abort = new AbortController()
  const { signal } = abort
  let done = Promise.resolve()

  async function run(): Promise<void> {
    for (let left = await pass(); left !== 0; left = await pass()) {
      if (left !== 'elsewhere') log.warn({ files: left }, 'files could not be embedded again: trying later')
      await pause(restMs, undefined, { signal, ref: false })
    }
  }

  /**
   * Goes over all that is to be done, or gives up early. Answers how many were met but not done, or that another node is
   * to do it.
   */
  async function pass(): Promise<number | 'elsewhere'> {
    let [after, left, inARow] = ['', 0, 0]
    for (;;) {
      const segments = await store.segments.outside(embedder.space, { after, limit: pageSize })
      if (segments.length === 0) return left
      if (isFirst && !(await isFirst())) return 'elsewhere'
      for (const segment of segments) {
        const failed = !(await reembed(segment))
        inARow = failed ? inARow + 1 : 0
        left += Number(failed)
        if (inARow === patience) return left
        after = segment.id
      }
    }
  }

  /** Whether it has vectors of the present space now, or is gone. */
  async function reembed({ id, project, vector_store_id, file_id }: OutsideSegment): Promise<boolean> {
    try {
      const before = await store.read(project).vectorStoreFiles.get(vector_store_id, file_id)
      const chunks = await index.chunks(id)
      if (!before || !chunks) return true
      const vectors = await embedChunks(embedder, chunks, { signal })
      const bytes = await index.encode({ chunks, vectors, space: embedder.space })
      return await store.transaction(project, async (tx) => {
        const row = await tx.vectorStoreFiles.get(vector_store_id, file_id)
        if (row?.body !== before.body) return row === undefined // attached anew meanwhile: those passages are not these
        await tx.segments.put({ ...bytes, id: newId('segment'), vector_store_id, file_id })
        return true
      })
    } catch (error) {
      signal.throwIfAborted()
      log.warn({ vector_store_id, file_id, err: error }, 'a file could not be embedded again')
      return false
    }
  }

  function start(): void {
    done = run().catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error }, 'embedding again ended early; the next start goes on with it')
    })
  }

  async function stop(): Promise<void> {
    abort.abort()
    await done
  }

  return { start, stop }
}

interface ReembeddingParts {
  store: Pick<Store, 'read' | 'transaction' | 'segments'>
  index: Pick<SearchIndex, 'chunks' | 'encode'>
  embedder: Embedder
  /** Whether it is this node's to do; absent where there is only one. */
  isFirst?: (() => Promise<boolean>) | undefined
  newId: NewId
  log: Log
}
