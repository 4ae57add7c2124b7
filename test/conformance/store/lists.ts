import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MessageRow, Page, Store } from '../../../src/ports/store.ts'
import { UnknownCursor } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'
import { expectedPage, itemsOf, pageRequest, pick, shown, walkBackwards, walkForwards } from './pages.ts'

export function testLists(store: () => Store): void {
  test('a page holds what the rules of the reference say, over random inserts and deletes', async () => {
    await fc.assert(
      fc.asyncProperty(
        messageHistory,
        fc.array(messagePage, { minLength: 8, maxLength: 8 }),
        async (history, asked) => {
          const { project, thread_id, left } = await play(store(), history)
          for (const { run, after, before, ...rest } of asked) {
            const list = run === null ? left : left.filter((message) => message.run_id === run)
            const page: Page = { ...rest, after: pick(list, after), before: pick(list, before) }
            const filter = run === null ? { thread_id } : { thread_id, run_id: run }
            const listed = await store().read(project).messages.list(filter, page)
            expect(shown(listed), JSON.stringify(page)).toEqual(expectedPage(list, page))
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('walking the pages meets each item once, forwards and backwards, and asc is the reverse of desc', async () => {
    await fc.assert(
      fc.asyncProperty(messageHistory, fc.integer({ min: 1, max: 4 }), async (history, limit) => {
        const { project, thread_id, left } = await play(store(), history)
        const { messages } = store().read(project)
        const ids = left.map((message) => message.id)
        for (const order of ['asc', 'desc'] as const) {
          const wanted = order === 'asc' ? ids : ids.toReversed()
          expect(await walkForwards((page) => messages.list({ thread_id }, page), { limit, order })).toEqual(wanted)
          const last = wanted.at(-1)
          if (last === undefined) continue
          const walked = await walkBackwards((page) => messages.list({ thread_id }, page), { limit, order }, last)
          expect([...walked, last]).toEqual(wanted)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('a page that is walked to stays true while rows are added and removed', async () => {
    const { project, thread_id, left } = await play(store(), Array(6).fill({ do: 'insert', run: null }))
    const { messages } = store().read(project)
    const first = await messages.list({ thread_id }, { limit: 2, order: 'asc' })
    await store().transaction(project, async (tx) => {
      await tx.messages.remove(left[0]?.id ?? '')
      await tx.messages.remove(left[2]?.id ?? '')
      await tx.messages.insert(row.message({ thread_id }))
    })
    const rest = await messages.list({ thread_id }, { limit: 20, order: 'asc', after: first.items[1]?.id })
    expect(rest.items.map((item) => item.id).slice(0, 3)).toEqual(left.slice(3).map((message) => message.id))
    expect(rest.items).toHaveLength(4)
  })

  test('a cursor that is not in the list is unknown', async () => {
    const { project, thread_id, left } = await play(store(), [
      { do: 'insert', run: 'run_a' },
      { do: 'insert', run: 'run_b' },
      { do: 'insert', run: null },
    ])
    const elsewhere = row.message({ thread_id: freshId('thread') })
    const foreign = row.message({ thread_id })
    const [ofRunA, ofRunB, removed] = left
    await store().transaction(project, (tx) => tx.messages.insert(elsewhere))
    await store().transaction(freshId('project'), (tx) => tx.messages.insert(foreign))
    await store().transaction(project, (tx) => tx.messages.remove(removed?.id ?? ''))
    const { messages } = store().read(project)
    for (const param of ['after', 'before'] as const) {
      for (const id of [elsewhere.id, foreign.id, removed?.id, 'msg_none', '']) {
        const listing = messages.list({ thread_id }, { limit: 5, order: 'asc', [param]: id })
        await expect(listing).rejects.toThrow(UnknownCursor)
        await expect(listing).rejects.toMatchObject({ param, id })
      }
      const ofRun = { thread_id, run_id: 'run_a' }
      const page = { limit: 5, order: 'asc' } as const
      await expect(messages.list(ofRun, { ...page, [param]: ofRunB?.id })).rejects.toThrow(UnknownCursor)
      await expect(messages.list(ofRun, { ...page, [param]: ofRunA?.id })).resolves.toMatchObject({ items: [] })
    }
  })

  test('every list has its own items and filters', async () => {
    const project = freshId('project')
    const assistants = [row.assistant(), row.assistant()]
    const runs = [row.run({ thread_id: 'thread_1' }), row.run({ thread_id: 'thread_1' })]
    const steps = [row.step({ run_id: 'run_1' }), row.step({ run_id: 'run_1' })]
    const vectorStores = [row.vectorStore(), row.vectorStore({ expires_at: 1_700_000_000 })]
    const files = [row.file({ purpose: 'vision' }), row.file({ purpose: 'assistants' })]
    await store().transaction(project, async (tx) => {
      for (const assistant of assistants) await tx.assistants.insert(assistant)
      for (const run of [...runs, row.run({ thread_id: 'thread_2' })]) await tx.runs.insert(run)
      for (const step of [...steps, row.step({ run_id: 'run_2' })]) await tx.steps.insert(step)
      for (const file of files) await tx.files.insert(file)
      for (const vectorStore of vectorStores) await tx.vectorStores.insert(vectorStore)
    })
    const page = { limit: 10_000, order: 'asc' } as const
    const reader = store().read(project)
    expect(shown(await reader.assistants.list({}, page)).items).toEqual(itemsOf(assistants))
    expect(shown(await reader.runs.list({ thread_id: 'thread_1' }, page)).items).toEqual(itemsOf(runs))
    expect(shown(await reader.steps.list({ run_id: 'run_1' }, page, { full: false })).items).toEqual(itemsOf(steps))
    expect(shown(await reader.files.list({}, page)).items).toEqual(itemsOf(files))
    expect(shown(await reader.files.list({ purpose: 'vision' }, page)).items).toEqual(itemsOf(files.slice(0, 1)))
    expect(shown(await reader.files.list({ purpose: undefined }, page)).items).toEqual(itemsOf(files))
    expect(shown(await reader.vectorStores.list({}, page)).items).toEqual(itemsOf(vectorStores))
    expect(shown(await reader.messages.list({ thread_id: 'thread_1' }, page)).items).toEqual([])
  })

  test('steps are listed as they are sent, or with everything that can be asked for', async () => {
    const project = freshId('project')
    const run_id = freshId('run')
    const plain = row.step({ run_id })
    const rich = row.step({ run_id, full: '{"with":"content"}' })
    await store().transaction(project, async (tx) => {
      for (const step of [plain, rich]) await tx.steps.insert(step)
    })
    const { steps } = store().read(project)
    const page = { limit: 5, order: 'asc' } as const
    expect(shown(await steps.list({ run_id }, page, { full: false })).items).toEqual(itemsOf([plain, rich]))
    const all = [plain, { id: rich.id, body: '{"with":"content"}' }]
    expect(shown(await steps.list({ run_id }, page, { full: true })).items).toEqual(itemsOf(all))
    const second = await steps.list({ run_id }, { ...page, after: plain.id }, { full: true })
    expect(shown(second).items).toEqual(itemsOf(all.slice(1)))
  })
}

type Step = { do: 'insert'; run: string | null } | { do: 'remove'; place: number }

/** Rows of one thread that come and go; all of them in the same second, so that no time could tell them apart. */
const messageHistory: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('insert' as const), run: fc.constantFrom(null, 'run_a', 'run_b') }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), place: fc.nat(20) }) },
  ),
  { maxLength: 24 },
)

const messagePage = fc.record({ ...pageRequest, run: fc.constantFrom(null, null, 'run_a') })

async function play(store: Store, history: readonly Step[]) {
  const [project, thread_id] = [freshId('project'), freshId('thread')]
  const left: MessageRow[] = []
  await store.transaction(project, async (tx) => {
    for (const step of history) {
      if (step.do === 'insert') {
        const message = row.message({ thread_id, run_id: step.run })
        await tx.messages.insert(message)
        await tx.messages.insert(row.message({ thread_id: `${thread_id}_neighbour`, run_id: step.run }))
        left.push(message)
      } else {
        for (const { id } of left.splice(step.place, 1)) await tx.messages.remove(id)
      }
    }
  })
  return { project, thread_id, left }
}
