import type { DotProducts } from './dot-products.ts'
import type { Memory } from './postings.ts'
import type { Slice } from './search-jobs.ts'
import { layoutOf, mostDimensions, type QuantizedQuery, type VectorLayout } from './vectors.ts'

const rowsAtOnce = 4096
const scratchOut = 2 * mostDimensions
/** The query in 16 bits, then the products of some rows. */
export const scratchBytes = scratchOut + 4 * rowsAtOnce
/** More than what sums of 32-bit floats lose. */
const rounding = 1e-5

interface Bench {
  readonly memory: Memory
  readonly dots: DotProducts
  readonly scratch: number
}

/** What the cosine of the query with each chunk is at most; 0 for chunks whose vectors cannot be compared. */
export function boundCosines(bench: Bench, slice: Slice, firsts: Uint32Array, query: QuantizedQuery): Float32Array {
  const { memory, dots, scratch } = bench
  const bounds = new Float32Array(firsts.at(-1) ?? 0)
  new Int16Array(memory.bytes.buffer, scratch, query.vector.length).set(query.vector)
  for (const [index, at] of slice.vectors.entries()) {
    if (at === 0) continue
    const count = slice.chunks[index] ?? 0
    const layout = layoutOf(memory.words[at / 4] ?? 0, count)
    const first = firsts[index] ?? 0
    for (let row = 0; row < count; row += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, count - row)
      dots(scratch, at + layout.rows + row * layout.row, rows, layout.row, scratch + scratchOut)
      boundRows(bench, { at, layout, row, rows }, query, bounds.subarray(first + row))
    }
  }
  return bounds
}

/** A product is off by what rounding took away of either vector, times the length of the other. */
function boundRows(
  { memory: { bytes, floats }, scratch }: Bench,
  { at, layout, row, rows }: { at: number; layout: VectorLayout; row: number; rows: number },
  query: QuantizedQuery,
  bounds: Float32Array,
): void {
  const products = new Int32Array(bytes.buffer, scratch + scratchOut, rows)
  const scales = (at + layout.scales) / 4 + row
  const errors = (at + layout.errors) / 4 + row
  for (let i = 0; i < rows; i++) {
    const error = floats[errors + i] ?? 0
    const product = (products[i] ?? 0) * query.scale * (floats[scales + i] ?? 0)
    bounds[i] = product + error + query.error * (1 + error) + rounding
  }
}
