/**
 * Does the work for every item, so many at a time, and answers the results in their order. The first failure aborts what
 * is under way; so does the signal, with its reason.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  { width, signal }: { width: number; signal: AbortSignal },
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const queue = items.entries()
  const results: Result[] = []
  async function worker(): Promise<void> {
    for (const [index, item] of queue) {
      either.throwIfAborted()
      results[index] = await work(item, either)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
    return results
  } catch (error) {
    failed.abort(error)
    throw error
  }
}
