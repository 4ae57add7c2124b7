import { describe, expect, test } from 'vitest'
import { clientMajors } from './clients.ts'
import { openScene } from './scene.ts'

const many = 45

describe.each(clientMajors)('$name', (major) => {
  test('walks through 45 assistants in both orders', async () => {
    await using scene = await openScene(major)
    const { assistants } = scene.client.beta
    const ids: string[] = []
    for (let n = 0; n < many; n++) ids.push((await assistants.create({ model: 'gpt-4o' })).id)
    expect(await idsOf(assistants.list())).toEqual(ids.toReversed())
    expect(await idsOf(assistants.list({ order: 'asc', limit: 7 }))).toEqual(ids)
    expect(await idsOf(assistants.list({ order: 'desc', limit: 100 }))).toEqual(ids.toReversed())
    expect(await idsOf(assistants.list({ order: 'asc', limit: 9, after: ids[17] as string }))).toEqual(ids.slice(18))

    const first = await assistants.list({ order: 'asc' })
    expect(first.data).toHaveLength(20)
    const pages = [first]
    for (let page = first; page.hasNextPage(); pages.push(page)) page = await page.getNextPage()
    expect(pages.map((page) => page.data.length)).toEqual([20, 20, 5])
  })

  test('walks through 45 messages, and looks back from one of them', async () => {
    await using scene = await openScene(major)
    const { client } = scene
    const { messages } = client.beta.threads
    const contents = Array.from({ length: many }, (_, n) => `message ${n}`)
    const { id } = await client.beta.threads.create({
      messages: contents.map((content) => ({ role: 'user', content })),
    })
    const ids = await idsOf(messages.list(id, { order: 'asc', limit: 10 }))
    expect(new Set(ids).size).toBe(many)
    expect(await idsOf(messages.list(id, { limit: 1 }))).toEqual(ids.toReversed())
    const newest = ids.toReversed()
    const preceding = async (index: number, limit = 20) =>
      (await messages.list(id, { before: newest[index] as string, limit })).data.map((message) => message.id)
    expect(await preceding(0)).toEqual([])
    expect(await preceding(3)).toEqual(newest.slice(0, 3))
    expect(await preceding(30, 5)).toEqual(newest.slice(25, 30))
    const empty = await messages.list(id, { after: ids[0] as string })
    expect(empty).toMatchObject({ data: [], has_more: false })
  })
})

async function idsOf(items: AsyncIterable<{ id: string }>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of items) ids.push(id)
  return ids
}
