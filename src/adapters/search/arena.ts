import { type Memory, memoryOf } from './postings.ts'

const page = 65_536
/** As far as 32-bit addresses reach. */
const mostPages = 65_536
const alignment = 16

/** Memory that all threads see, given out in pieces. Only the thread that made it may allocate and free. */
export interface Arena {
  readonly memory: WebAssembly.Memory
  /** Bytes given out. */
  used(): number
  /** The address of so many bytes, a multiple of 16 and never 0; undefined when they do not fit within `capacity`. */
  allocate(size: number, capacity: number): number | undefined
  free(address: number): void
  /** To be asked for again after each allocation, since memory grows. */
  view(): Memory
}

interface Gap {
  start: number
  end: number
}

export function createArena(): Arena {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true })
  const sizes = new Map<number, number>()
  const gaps: Gap[] = [] // ascending, and never two that touch
  let end = alignment // all beyond is free
  let used = 0
  let view = memoryOf(memory.buffer)

  function allocate(wanted: number, capacity: number): number | undefined {
    const size = Math.ceil(wanted / alignment) * alignment
    const address = fromGap(size) ?? fromEnd(size, capacity)
    if (address === undefined) return undefined
    sizes.set(address, size)
    used += size
    return address
  }

  /** The smallest gap that is large enough. */
  function fromGap(size: number): number | undefined {
    let best: Gap | undefined
    for (const gap of gaps) {
      const length = gap.end - gap.start
      if (length >= size && (!best || length < best.end - best.start)) best = gap
    }
    if (!best) return undefined
    const address = best.start
    best.start += size
    if (best.start === best.end) gaps.splice(gaps.indexOf(best), 1)
    return address
  }

  function fromEnd(size: number, capacity: number): number | undefined {
    const address = end
    if (address + size > Math.min(capacity, mostPages * page)) return undefined
    const pages = Math.ceil((address + size) / page) - memory.buffer.byteLength / page
    if (pages > 0) {
      const spare = Math.min(256, Math.floor(end / page / 4)) // growing costs new views
      memory.grow(Math.min(pages + spare, mostPages - memory.buffer.byteLength / page))
    }
    end += size
    return address
  }

  function free(address: number): void {
    const size = sizes.get(address)
    if (size === undefined) throw new Error(`nothing is allocated at ${address}`)
    sizes.delete(address)
    used -= size
    const after = firstAfter(gaps, address)
    gaps.splice(after, 0, { start: address, end: address + size })
    join(after)
    join(after - 1)
    const last = gaps.at(-1)
    if (last?.end !== end) return
    end = last.start
    gaps.pop()
  }

  function join(index: number): void {
    const gap = gaps[index]
    const next = gaps[index + 1]
    if (!gap || !next || gap.end !== next.start) return
    gap.end = next.end
    gaps.splice(index + 1, 1)
  }

  return {
    memory,
    used: () => used,
    allocate,
    free,
    view() {
      if (view.bytes.byteLength !== memory.buffer.byteLength) view = memoryOf(memory.buffer)
      return view
    },
  }
}

function firstAfter(gaps: readonly Gap[], address: number): number {
  let low = 0
  let high = gaps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((gaps[middle]?.start ?? 0) < address) low = middle + 1
    else high = middle
  }
  return low
}
