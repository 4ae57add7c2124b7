import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoreFileStatus } from '../../../src/api/vector-store.ts'
import type { Page, Store, VectorStoreFileRow } from '../../../src/ports/store.ts'
import { UnknownCursor } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'
import { expectedPage, pageRequest, pick, shown, walkBackwards, walkForwards } from './pages.ts'

export function testVectorStoreFiles(store: () => Store): void {
  test('a file comes back as it was inserted, and is another in each store', async () => {
    const project = freshId('project')
    const file = row.vectorStoreFile({ vector_store_id: freshId('vs'), batch_id: 'vsfb_1', attributes: '{"ä":true}' })
    const elsewhere = { ...file, vector_store_id: freshId('vs'), batch_id: null, status: 'failed', body: '{}' } as const
    const { vector_store_id, id } = file
    await store().transaction(project, async (tx) => {
      for (const each of [file, elsewhere]) await tx.vectorStoreFiles.insert(each)
      expect(await tx.vectorStoreFiles.get(vector_store_id, id)).toEqual(file)
    })
    const { vectorStoreFiles } = store().read(project)
    expect(await vectorStoreFiles.get(vector_store_id, id)).toEqual(file)
    expect(await vectorStoreFiles.get(elsewhere.vector_store_id, id)).toEqual(elsewhere)
    expect(await vectorStoreFiles.get('vs_none', id)).toBeUndefined()
    await expect(store().transaction(project, (tx) => tx.vectorStoreFiles.insert(file))).rejects.toThrow()
  })

  test('an update and a removal meet one file in one store, and say whether there was one', async () => {
    const project = freshId('project')
    const file = row.vectorStoreFile({ vector_store_id: freshId('vs') })
    const elsewhere = { ...file, vector_store_id: freshId('vs') }
    const { vector_store_id, id } = file
    await store().transaction(project, async ({ vectorStoreFiles }) => {
      for (const each of [file, elsewhere]) await vectorStoreFiles.insert(each)
      expect(await vectorStoreFiles.update(vector_store_id, id, { status: 'failed', body: '{"new":1}' })).toBe(true)
      expect(await vectorStoreFiles.update(vector_store_id, id, {})).toBe(true)
      expect(await vectorStoreFiles.update(vector_store_id, 'file_none', { status: 'failed' })).toBe(false)
      expect(await vectorStoreFiles.update('vs_none', id, {})).toBe(false)
      const changed = { ...file, status: 'failed', body: '{"new":1}' }
      expect(await vectorStoreFiles.get(vector_store_id, id)).toEqual(changed)
      expect(await vectorStoreFiles.get(elsewhere.vector_store_id, id)).toEqual(elsewhere)
      expect(await vectorStoreFiles.remove(vector_store_id, 'file_none')).toBe(false)
      expect(await vectorStoreFiles.remove(vector_store_id, id)).toBe(true)
      expect(await vectorStoreFiles.remove(vector_store_id, id)).toBe(false)
      expect(await vectorStoreFiles.get(elsewhere.vector_store_id, id)).toEqual(elsewhere)
    })
  })

  test('a file is found in every store that holds it', async () => {
    const project = freshId('project')
    const [first, second] = [row.vectorStoreFile({ vector_store_id: 'vs_a' }), row.vectorStoreFile()]
    const again = { ...first, vector_store_id: 'vs_b' }
    await store().transaction(project, async ({ vectorStoreFiles }) => {
      for (const file of [first, second, again]) await vectorStoreFiles.insert(file)
      expect(await vectorStoreFiles.holding(first.id)).toEqual([first, again])
      expect(await vectorStoreFiles.holding('file_none')).toEqual([])
      await vectorStoreFiles.remove('vs_a', first.id)
      expect(await vectorStoreFiles.holding(first.id)).toEqual([again])
    })
  })

  test('the open files of a batch are those that are still in progress', async () => {
    const project = freshId('project')
    const batch_id = freshId('vsfb')
    const statuses = ['in_progress', 'completed', 'failed', 'cancelled', 'in_progress'] as const
    const files = statuses.map((status) => row.vectorStoreFile({ batch_id, status }))
    const [first, , , , last] = files
    await store().transaction(project, async ({ vectorStoreFiles }) => {
      for (const file of [...files, row.vectorStoreFile()]) await vectorStoreFiles.insert(file)
      expect(await vectorStoreFiles.openOfBatch(batch_id)).toEqual([first, last])
      await vectorStoreFiles.update('vs_0', first?.id ?? '', { status: 'completed' })
      expect(await vectorStoreFiles.openOfBatch(batch_id)).toEqual([last])
    })
  })

  test('a page holds what the rules of the reference say, whatever narrows it and whatever happened before', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(filePage, { minLength: 8, maxLength: 8 }), async (steps, asked) => {
        const { project, vector_store_id, left } = await play(store(), steps)
        const { vectorStoreFiles } = store().read(project)
        for (const { batch_id, status, after, before, ...rest } of asked) {
          const within = left.filter((file) => batch_id === undefined || file.batch_id === batch_id)
          const list = within.filter((file) => status === undefined || file.status === status)
          const page: Page = { ...rest, after: pick(within, after), before: pick(within, before) }
          const listed = await vectorStoreFiles.list({ vector_store_id, batch_id, status }, page)
          expect(shown(listed), JSON.stringify({ batch_id, status, ...page })).toEqual(expectedPage(list, page, within))
        }
      }),
      { numRuns: 40 },
    )
  })

  test('walking the pages of a status meets each of its files once, forwards and backwards', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 1, max: 4 }), async (steps, limit) => {
        const { project, vector_store_id, left } = await play(store(), steps)
        const { vectorStoreFiles } = store().read(project)
        const ids = left.filter((file) => file.status === 'completed').map((file) => file.id)
        for (const order of ['asc', 'desc'] as const) {
          const list = (page: Page) => vectorStoreFiles.list({ vector_store_id, status: 'completed' }, page)
          const wanted = order === 'asc' ? ids : ids.toReversed()
          expect(await walkForwards(list, { limit, order })).toEqual(wanted)
          const last = wanted.at(-1)
          if (last === undefined) continue
          expect([...(await walkBackwards(list, { limit, order }, last)), last]).toEqual(wanted)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('a cursor is known where its file is, whatever has become of it, and nowhere else', async () => {
    const project = freshId('project')
    const vector_store_id = freshId('vs')
    const files = ['vsfb_a', 'vsfb_b', null].map((batch_id) => row.vectorStoreFile({ vector_store_id, batch_id }))
    const [ofA, ofB, alone] = files.map((file) => file.id)
    const elsewhere = row.vectorStoreFile({ vector_store_id: freshId('vs') })
    await store().transaction(project, async (tx) => {
      for (const file of [...files, elsewhere]) await tx.vectorStoreFiles.insert(file)
    })
    const { vectorStoreFiles } = store().read(project)
    const open = { vector_store_id, status: 'in_progress' } as const
    const first = await vectorStoreFiles.list(open, { limit: 1, order: 'asc' })
    expect(first.items.map((item) => item.id)).toEqual([ofA])
    await store().transaction(project, (tx) =>
      tx.vectorStoreFiles.update(vector_store_id, ofA ?? '', { status: 'completed' }),
    )
    const second = await vectorStoreFiles.list(open, { limit: 1, order: 'asc', after: ofA })
    expect(second).toMatchObject({ items: [{ id: ofB }], has_more: true })
    for (const param of ['after', 'before'] as const) {
      for (const id of [elsewhere.id, 'file_none', '']) {
        const listing = vectorStoreFiles.list(open, { limit: 5, order: 'asc', [param]: id })
        await expect(listing).rejects.toThrow(UnknownCursor)
        await expect(listing).rejects.toMatchObject({ param, id })
      }
      const ofBatch = { vector_store_id, batch_id: 'vsfb_a' }
      const listing = vectorStoreFiles.list(ofBatch, { limit: 5, order: 'asc', [param]: alone })
      await expect(listing).rejects.toThrow(UnknownCursor)
    }
    const other = vectorStoreFiles.list({ vector_store_id: 'vs_none', batch_id: 'vsfb_a' }, { limit: 5, order: 'asc' })
    expect(await other, 'a batch belongs to one store').toMatchObject({ items: [] })
  })
}

const status = fc.constantFrom<StoreFileStatus>('in_progress', 'completed', 'failed', 'cancelled')
const batch_id = fc.constantFrom('vsfb_a', 'vsfb_b')

type Step =
  | { do: 'insert'; batch_id: string | null; status: StoreFileStatus }
  | { do: 'settle'; place: number; status: StoreFileStatus }
  | { do: 'remove'; place: number }

/** Files of one store that come, change and go. */
const history: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('insert' as const), batch_id: fc.option(batch_id), status }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), place: fc.nat(20), status }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), place: fc.nat(20) }) },
  ),
  { maxLength: 24 },
)

const filePage = fc.record({
  ...pageRequest,
  batch_id: fc.option(batch_id, { nil: undefined }),
  status: fc.option(status, { nil: undefined }),
})

async function play(store: Store, steps: readonly Step[]) {
  const [project, vector_store_id] = [freshId('project'), freshId('vs')]
  const left: VectorStoreFileRow[] = []
  await store.transaction(project, async ({ vectorStoreFiles }) => {
    for (const step of steps) {
      if (step.do === 'insert') {
        const file = row.vectorStoreFile({ vector_store_id, batch_id: step.batch_id, status: step.status })
        await vectorStoreFiles.insert(file)
        await vectorStoreFiles.insert({ ...file, vector_store_id: `${vector_store_id}_neighbour` })
        left.push(file)
        continue
      }
      const file = left[step.place]
      if (!file) continue
      if (step.do === 'settle') {
        left[step.place] = { ...file, status: step.status }
        await vectorStoreFiles.update(vector_store_id, file.id, { status: step.status })
      } else {
        left.splice(step.place, 1)
        await vectorStoreFiles.remove(vector_store_id, file.id)
      }
    }
  })
  return { project, vector_store_id, left }
}
