/** The vector at length 1; null when it has no direction: all zeros, or something that is no number. */
export function unitVector(vector: Float32Array): Float32Array | null {
  let squares = 0
  for (const value of vector) squares += value * value
  if (squares === 0 || !Number.isFinite(squares)) return null
  const factor = 1 / Math.sqrt(squares)
  return vector.map((value) => value * factor)
}

/** The direction between unit vectors, by the weight of each; that of the first where they cancel out. */
export function meanVector(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const [first = new Float32Array()] = vectors
  if (vectors.length === 1) return first
  const sum = new Float32Array(first.length)
  for (const [place, vector] of vectors.entries()) {
    const weight = weights[place] ?? 0
    for (const [index, value] of vector.entries()) sum[index] = (sum[index] ?? 0) + value * weight
  }
  return unitVector(sum) ?? first
}
