import type { Hit, SearchIndex } from '../../src/ports/search.ts'
import type { VectorTable } from '../sqlite-vec.ts'
import type { GrowingStore, Material } from './search-index.ts'

/** By how much cosines of the same two vectors may differ between two ways of adding 32-bit floats. */
const rounding = 1e-5

/**
 * How many of our nearest are as near as the last of those that sqlite-vec finds, which compares every vector. Passages
 * that are equally near are as good as each other.
 */
export async function recallOf(
  {
    store,
    index,
    material,
    table,
  }: { store: GrowingStore; index: SearchIndex; material: Material; table: VectorTable },
  questions: number,
): Promise<number> {
  const { signal } = new AbortController()
  let found = 0
  let wanted = 0
  for (let question = 0; question < questions; question++) {
    const request = material.question('vectors')
    const vector = request.queries[0]?.vector
    if (!vector) continue
    const theirs = table.nearest(1, vector, request.limit)
    const last = theirs.at(-1)?.cosine ?? 1
    const hits = await index.search(request, { signal })
    found += different(hits).filter(({ segment, index }) => {
      const own = store.vector(segment.id, index)
      return own !== undefined && cosine(vector, own) >= last - rounding
    }).length
    wanted += theirs.length
  }
  return found / wanted
}

function different(hits: readonly Hit[]): Hit[] {
  return [...new Map(hits.map((hit) => [`${hit.segment.id} ${hit.index}`, hit])).values()]
}

function cosine(first: Float32Array, second: Float32Array): number {
  return first.reduce((sum, value, place) => sum + value * (second[place] ?? 0), 0)
}
