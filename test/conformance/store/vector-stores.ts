import { expect, test } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'

export function testVectorStores(store: () => Store): void {
  test('removing a store takes its files, segments and batches along, and nothing else', async () => {
    const project = freshId('project')
    const file_id = freshId('file')
    const [gone, kept] = [await filledStore(store(), project, file_id), await filledStore(store(), project, file_id)]
    expect(await store().transaction(project, (tx) => tx.vectorStores.remove(gone.id))).toBe(true)
    const reader = store().read(project)
    expect(await reader.vectorStores.get(gone.id)).toBeUndefined()
    expect(await reader.vectorStoreFiles.get(gone.id, file_id)).toBeUndefined()
    expect(await reader.vectorStoreFiles.segmentOf(gone.id, file_id)).toBeUndefined()
    expect(await reader.fileBatches.get(gone.batch_id)).toBeUndefined()
    expect((await store().segments.load([gone.segment_id])).size).toBe(0)
    expect(await reader.vectorStores.get(kept.id)).toMatchObject({ id: kept.id })
    expect(await reader.vectorStoreFiles.get(kept.id, file_id)).toMatchObject({ id: file_id })
    expect(await reader.vectorStoreFiles.segmentOf(kept.id, file_id)).toBe(kept.segment_id)
    expect(await reader.fileBatches.get(kept.batch_id)).toMatchObject({ id: kept.batch_id })
    expect(await store().segments.live(project, [gone.id, kept.id])).toMatchObject([{ id: kept.segment_id }])
    expect(await store().transaction(project, (tx) => tx.vectorStores.remove(gone.id))).toBe(false)
  })

  test('the files of a store can go while it stays', async () => {
    const project = freshId('project')
    const file_id = freshId('file')
    const emptied = await filledStore(store(), project, file_id)
    await store().transaction(project, (tx) => tx.vectorStoreFiles.removeAll(emptied.id))
    const reader = store().read(project)
    expect(await reader.vectorStores.get(emptied.id)).toMatchObject({ id: emptied.id })
    expect(await reader.vectorStoreFiles.get(emptied.id, file_id)).toBeUndefined()
    expect(await store().segments.live(project, [emptied.id])).toEqual([])
    expect((await store().segments.load([emptied.segment_id])).size).toBe(0)
  })

  test('its segments can go while its files stay', async () => {
    const project = freshId('project')
    const file_id = freshId('file')
    const emptied = await filledStore(store(), project, file_id)
    await store().transaction(project, (tx) => tx.segments.removeAll(emptied.id))
    const { vectorStoreFiles } = store().read(project)
    expect(await vectorStoreFiles.get(emptied.id, file_id)).toMatchObject({ id: file_id })
    expect(await vectorStoreFiles.segmentOf(emptied.id, file_id)).toBeUndefined()
    expect(await store().segments.live(project, [emptied.id])).toEqual([])
  })
}

async function filledStore(store: Store, project: string, file_id: string) {
  const { id } = row.vectorStore()
  const [batch, segment] = [row.fileBatch({ vector_store_id: id }), row.segment({ vector_store_id: id, file_id })]
  await store.transaction(project, async (tx) => {
    await tx.vectorStores.insert(row.vectorStore({ id }))
    await tx.fileBatches.insert(batch)
    await tx.vectorStoreFiles.insert(row.vectorStoreFile({ id: file_id, vector_store_id: id, status: 'completed' }))
    await tx.segments.put(segment)
  })
  return { id, batch_id: batch.id, segment_id: segment.id }
}
