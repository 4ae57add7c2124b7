import fc from 'fast-check'
import type { Listed, Page } from '../../../src/ports/store.ts'

/** Any row that is listed. */
interface Item {
  readonly id: string
  readonly body: string
}

/** What a page is asked for; cursors are places in the list, see `pick`. */
export const pageRequest = {
  limit: fc.integer({ min: 1, max: 6 }),
  order: fc.constantFrom('asc' as const, 'desc' as const),
  after: fc.option(fc.nat(24)),
  before: fc.option(fc.nat(24)),
}

export function pick(list: readonly Item[], place: number | null): string | undefined {
  return place === null || list.length === 0 ? undefined : list[place % list.length]?.id
}

/**
 * The rules once more, on an array: `list` in the order of insertion. Cursors may name any item of `within`, of which
 * the list is a part.
 */
export function expectedPage(
  list: readonly Item[],
  { limit, order, after, before }: Page,
  within: readonly Item[] = list,
) {
  const ordered = order === 'asc' ? within : within.toReversed()
  const start = after === undefined ? 0 : ordered.findIndex((item) => item.id === after) + 1
  const end = before === undefined ? ordered.length : ordered.findIndex((item) => item.id === before)
  const between = ordered.slice(start, Math.max(start, end)).filter((item) => list.includes(item))
  const nearest = after === undefined && before !== undefined ? between.slice(-limit) : between.slice(0, limit)
  return { items: itemsOf(nearest), has_more: between.length > limit }
}

export function shown({ items, has_more }: Listed) {
  return { items: itemsOf(items), has_more }
}

export function itemsOf(rows: readonly Item[]) {
  return rows.map(({ id, body }) => ({ id, body }))
}

type List = (page: Page) => Promise<Listed>

export async function walkForwards(list: List, page: Page): Promise<string[]> {
  const { items, has_more } = await list(page)
  const ids = items.map((item) => item.id)
  return has_more ? [...ids, ...(await walkForwards(list, { ...page, after: ids.at(-1) }))] : ids
}

export async function walkBackwards(list: List, page: Page, before: string): Promise<string[]> {
  const { items, has_more } = await list({ ...page, before })
  const ids = items.map((item) => item.id)
  return has_more ? [...(await walkBackwards(list, page, ids[0] ?? '')), ...ids] : ids
}
