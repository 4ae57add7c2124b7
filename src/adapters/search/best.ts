/** The best of many scores, with where they come from. Of equal scores the earlier stays. */
export interface Best {
  /** No score is taken that is not above this: 0, or the worst of those taken once there is no room. */
  floor(): number
  /** Where the entry went; in place of the worst when there is no room. Its score must be above the floor. */
  offer(score: number, segment: number, chunk: number): number
  /** The places taken, the best first. */
  places(): Uint32Array
  readonly scores: Float64Array
  readonly segments: Uint32Array
  readonly chunks: Uint32Array
}

export function createBest(size: number): Best {
  const scores = new Float64Array(size)
  const segments = new Uint32Array(size)
  const chunks = new Uint32Array(size)
  const turns = new Float64Array(size)
  const heap = new Uint32Array(size) // places; the worst is at 0
  let taken = 0
  let turn = 0

  function isWorse(first: number, second: number): boolean {
    const difference = (scores[first] ?? 0) - (scores[second] ?? 0)
    return difference < 0 || (difference === 0 && (turns[first] ?? 0) > (turns[second] ?? 0))
  }

  function offer(score: number, segment: number, chunk: number): number {
    if (taken < size) {
      fill(taken, score, segment, chunk)
      rise(taken++)
      return taken - 1
    }
    const worst = heap[0] ?? 0
    fill(worst, score, segment, chunk)
    sink(worst)
    return worst
  }

  function fill(place: number, score: number, segment: number, chunk: number): void {
    scores[place] = score
    segments[place] = segment
    chunks[place] = chunk
    turns[place] = turn++
  }

  function rise(place: number): void {
    let at = place
    while (at > 0) {
      const above = (at - 1) >>> 1
      const parent = heap[above] ?? 0
      if (!isWorse(place, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = place
  }

  function sink(place: number): void {
    let at = 0
    for (let below = 1; below < taken; below = 2 * at + 1) {
      if (below + 1 < taken && isWorse(heap[below + 1] ?? 0, heap[below] ?? 0)) below += 1
      const child = heap[below] ?? 0
      if (!isWorse(child, place)) break
      heap[at] = child
      at = below
    }
    heap[at] = place
  }

  function places(): Uint32Array {
    return heap.slice(0, taken).sort((first, second) => (isWorse(first, second) ? 1 : -1))
  }
  const floor = () => (taken < size ? 0 : (scores[heap[0] ?? 0] ?? 0))
  return { floor, offer, places, scores, segments, chunks }
}
