/**
 * Things that arrive in their own time and are taken in ours. When much has piled up, the sender is paused until it is
 * taken.
 */
export interface Inbox<Item> {
  put(item: Item, bytes: number): void
  /** The oldest, as soon as there is one; undefined when nothing will come any more. One at a time may wait. */
  take(): Promise<Item | undefined>
  /** Nothing more will come; what is here can still be taken. */
  close(): void
  /** Does not pause any more: what is yet to come is bounded by other means. */
  hurry(): void
  /** Forgets what is here, and what comes. */
  discard(): void
}

export interface Sender {
  pause(): unknown
  resume(): unknown
}

/** `join` makes one of two neighbours that both still wait, or undefined when they do not go together. */
export function createInbox<Item>(
  sender: Sender,
  { mostBytes, join }: { mostBytes: number; join?: ((first: Item, second: Item) => Item | undefined) | undefined },
): Inbox<Item> {
  let items: { item: Item; bytes: number }[] = []
  let held = 0
  let closed = false
  let paused = false
  let pausing = true
  let discarding = false
  let wake = () => {}

  function put(item: Item, bytes: number): void {
    if (discarding) return
    add(item, bytes)
    held += bytes
    if (pausing && held > mostBytes) pause()
    wake()
  }

  function add(item: Item, bytes: number): void {
    const last = items.at(-1)
    const joined = last && join?.(last.item, item)
    if (last === undefined || joined === undefined) items.push({ item, bytes })
    else items[items.length - 1] = { item: joined, bytes: last.bytes + bytes }
  }

  function pause(): void {
    paused = true
    sender.pause()
  }

  function resume(): void {
    if (paused) sender.resume()
    paused = false
  }

  async function take(): Promise<Item | undefined> {
    if (items.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve))
    const first = items.shift()
    held -= first?.bytes ?? 0
    if (items.length === 0) resume()
    return first?.item
  }

  function close(): void {
    closed = true
    wake()
  }

  function hurry(): void {
    pausing = false
    resume()
  }

  function discard(): void {
    discarding = true
    items = []
    held = 0
    hurry()
  }
  return { put, take, close, hurry, discard }
}
