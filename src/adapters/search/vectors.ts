// A segment's vectors, little-endian. What scoring reads comes first, so that it can be kept in memory by itself:
//
//   u32 dimensions, chunks, bytes of a row, 0
//   i8  rows: each vector divided by its scale and rounded, padded with zeros to a multiple of 32
//   f32 scale of each row
//   f32 error of each row: the length of what rounding took away
//   f32 the vectors as they were given

const headBytes = 16
/** What the dot products take in one step. */
const rowStep = 32
/** As many as a query may have in the memory that a thread computes in. */
export const mostDimensions = 16_384

export function encodeVectors(vectors: readonly Float32Array[]): Uint8Array {
  const dimensions = vectors[0]?.length ?? 0
  if (dimensions > mostDimensions) throw new RangeError(`vectors of ${dimensions} dimensions are too long`)
  const layout = layoutOf(dimensions, vectors.length)
  const bytes = new Uint8Array(layout.end)
  new Uint32Array(bytes.buffer, 0, 4).set([dimensions, vectors.length, layout.row, 0])
  const scales = new Float32Array(bytes.buffer, layout.scales, vectors.length)
  const errors = new Float32Array(bytes.buffer, layout.errors, vectors.length)
  const exact = new Float32Array(bytes.buffer, layout.exact, vectors.length * dimensions)
  for (const [index, vector] of vectors.entries()) {
    if (vector.length !== dimensions) throw new RangeError('vectors of one segment differ in their dimensions')
    const row = new Int8Array(bytes.buffer, headBytes + index * layout.row, layout.row)
    const { scale, error } = quantize(vector, row, 127)
    scales[index] = scale
    errors[index] = error
    exact.set(vector, index * dimensions)
  }
  return bytes
}

export interface VectorLayout {
  /** Bytes of a row of int8. */
  readonly row: number
  /** All these count in bytes from the start. */
  readonly rows: number
  readonly scales: number
  readonly errors: number
  readonly exact: number
  readonly end: number
}

export function layoutOf(dimensions: number, count: number): VectorLayout {
  const row = padded(dimensions)
  const scales = headBytes + count * row
  const errors = scales + 4 * count
  const exact = errors + 4 * count
  return { row, rows: headBytes, scales, errors, exact, end: exact + 4 * count * dimensions }
}

function padded(dimensions: number): number {
  return Math.ceil(dimensions / rowStep) * rowStep
}

/** The layout of these vectors, from their first bytes. */
export function readLayout(vectors: Uint8Array): VectorLayout & { dimensions: number } {
  const head = new DataView(vectors.buffer, vectors.byteOffset, headBytes)
  const dimensions = head.getUint32(0, true)
  return { dimensions, ...layoutOf(dimensions, head.getUint32(4, true)) }
}

/** A query as scoring takes it: as fine as 16 bits allow without the sum of products outgrowing 32. */
export interface QuantizedQuery {
  readonly vector: Int16Array
  readonly scale: number
  readonly error: number
}

export function quantizeQuery(vector: Float32Array): QuantizedQuery {
  const row = new Int16Array(padded(vector.length))
  const finest = Math.min(32_767, Math.floor(0x7fff_ffff / (127 * Math.max(1, vector.length))))
  return { vector: row, ...quantize(vector, row, finest) }
}

/** Writes the vector in whole steps of a scale, `finest` steps for its largest number. */
function quantize(vector: Float32Array, row: Int8Array | Int16Array, finest: number): { scale: number; error: number } {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const scale = Math.fround(largest / finest) || 1 // a vector of zeros, or nearly so, stays zero
  let squares = 0
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? 0
    const steps = Math.max(-finest, Math.min(finest, Math.round(value / scale)))
    row[i] = steps
    squares += (value - steps * scale) ** 2
  }
  return { scale, error: Math.sqrt(squares) }
}

/** The cosine of two unit vectors. */
export function dot(first: Float32Array, second: Float32Array): number {
  let sum = 0
  for (let i = 0; i < first.length; i++) sum += (first[i] ?? 0) * (second[i] ?? 0)
  return sum
}
