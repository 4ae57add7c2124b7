import type { getDocumentProxy } from 'unpdf'

export type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>

/** A heading of a document by its table of contents. */
export interface Bookmark {
  /** Itself last, those it stands under before it. */
  readonly path: readonly string[]
}

type Node = Awaited<ReturnType<Pdf['getOutline']>>[number]

const mostBookmarks = 5_000
const longestTitle = 300
const deepest = 9

/** The bookmarks of each page, in their order. A table of contents that is broken is as good as none. */
export async function readBookmarks(pdf: Pdf): Promise<ReadonlyMap<number, readonly Bookmark[]>> {
  const pages = new Map<number, Bookmark[]>()
  try {
    let left = mostBookmarks
    for (const { node, path } of flatten((await pdf.getOutline()) ?? [])) {
      left -= 1
      if (left < 0) break
      const page = await pageOf(pdf, node)
      if (page !== undefined) pages.set(page, [...(pages.get(page) ?? []), { path }])
    }
  } catch {
    return new Map() // text counts more than what it stands under
  }
  return pages
}

function* flatten(nodes: readonly Node[], above: readonly string[] = []): Generator<{ node: Node; path: string[] }> {
  for (const node of nodes) {
    const path = [...above, node.title.replace(/\s+/g, ' ').trim().slice(0, longestTitle)]
    yield { node, path }
    if (path.length < deepest) yield* flatten(node.items, path)
  }
}

/** Counted from 1; undefined where a bookmark leads elsewhere. */
async function pageOf(pdf: Pdf, { dest }: Node): Promise<number | undefined> {
  const [target] = (typeof dest === 'string' ? await pdf.getDestination(dest) : dest) ?? []
  if (typeof target === 'number') return target + 1
  return target && typeof target === 'object' ? (await pdf.getPageIndex(target)) + 1 : undefined
}
