// The one thing that WebAssembly does for search: dot products of many rows of int8 with one of int16. The module is put
// together here, instruction by instruction, so that no compiler is needed; it is less than 300 bytes long.

/**
 * Writes to `out` (i32) the product of the query (i16) with each of `count` rows (i8) that follow each other. `row` is the
 * bytes of a row, a multiple of 32 above zero; addresses are multiples of 4. Sums must fit 32 bits: `quantizeQuery`.
 */
export type DotProducts = (query: number, rows: number, count: number, row: number, out: number) => void

/** The dot products over this memory: on SIMD, or where that is missing in plain JavaScript. */
export function createDotProducts(memory: WebAssembly.Memory): DotProducts {
  if (!WebAssembly.validate(simdModule)) return plainDotProducts(memory)
  const instance = new WebAssembly.Instance(new WebAssembly.Module(simdModule), { '': { memory } })
  return instance.exports.dots as DotProducts // cast: exports of a module have no types
}

/** Some seven times slower than SIMD. */
export function plainDotProducts(memory: WebAssembly.Memory): DotProducts {
  return (query, rows, count, row, out) => {
    const first = new Int16Array(memory.buffer, query, row)
    const second = new Int8Array(memory.buffer, rows, count * row)
    const sums = new Int32Array(memory.buffer, out, count)
    for (let index = 0; index < count; index++) {
      let sum = 0
      for (let i = 0; i < row; i++) sum += (first[i] ?? 0) * (second[index * row + i] ?? 0)
      sums[index] = sum
    }
  }
}

// Parameters and variables of the function, by their numbers.
const [query, rows, count, row, out, at, end, low, high] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const
const [i32, v128] = [0x7f, 0x7b]

const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const tee = (local: number) => [0x22, local]
const constant = (value: number) => [0x41, ...signed(value)]
const add = [0x6a]
const subtract = [0x6b]
const shiftLeft = [0x74]
const isZero = [0x45]
const isBelow = [0x49]
const store = [0x36, 2, 0]
const block = [0x02, 0x40]
const loop = [0x03, 0x40]
const close = [0x0b]
const branch = (depth: number) => [0x0c, depth]
const branchIf = (depth: number) => [0x0d, depth]
const zeros = [0xfd, 12, ...new Array(16).fill(0)]
const loadWidened = (offset: number) => [0xfd, 1, 3, offset] // eight i8 as i16
const loadVector = (offset: number) => [0xfd, 0, 4, offset]
const dotPairs = [0xfd, ...unsigned(186)] // i16 by i16, neighbours added to i32
const addLanes = [0xfd, ...unsigned(174)]
const lane = (index: number) => [0xfd, 27, index]

/** sum += eight of the row · eight of the query */
const multiply = (sum: number, rowOffset: number, queryOffset: number) => [
  ...[...get(sum), ...get(rows), ...loadWidened(rowOffset), ...get(at), ...loadVector(queryOffset)],
  ...[...dotPairs, ...addLanes, ...set(sum)],
]

const body = [
  // end = query + 2 * row
  ...[...get(query), ...get(row), ...constant(1), ...shiftLeft, ...add, ...set(end)],
  ...block,
  ...loop, // over the rows
  ...[...get(count), ...isZero, ...branchIf(1)],
  ...[...get(query), ...set(at), ...zeros, ...tee(low), ...set(high)],
  ...loop, // over the row, 32 numbers at a time
  ...[...multiply(low, 0, 0), ...multiply(high, 8, 16), ...multiply(low, 16, 32), ...multiply(high, 24, 48)],
  ...[...get(rows), ...constant(32), ...add, ...set(rows)],
  ...[...get(at), ...constant(64), ...add, ...tee(at), ...get(end), ...isBelow, ...branchIf(0)],
  ...close,
  // out[0] = the four lanes of low + high
  ...[...get(out), ...get(low), ...get(high), ...addLanes, ...tee(low), ...lane(0)],
  ...[1, 2, 3].flatMap((index) => [...get(low), ...lane(index), ...add]),
  ...store,
  ...[...get(out), ...constant(4), ...add, ...set(out)],
  ...[...get(count), ...constant(1), ...subtract, ...set(count)],
  ...branch(0),
  ...close,
  ...close,
]

const variables = [2, ...[2, i32], ...[2, v128]]
const simdModule = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 5, i32, i32, i32, i32, i32, 0]), // one type: five numbers, no result
  // imports ''.memory: shared, 1 to 65,536 pages
  ...section(2, [1, ...text(''), ...text('memory'), 2, 3, ...unsigned(1), ...unsigned(65_536)]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...text('dots'), 0, 0]),
  ...section(10, [1, ...sized([...variables, ...body, ...close])]),
])

function section(id: number, content: number[]): number[] {
  return [id, ...sized(content)]
}

function sized(content: number[]): number[] {
  return [...unsigned(content.length), ...content]
}

function text(name: string): number[] {
  return sized([...Buffer.from(name)])
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)]
}
