/** Looks for it at the first call and answers the same from then on; looks again after a failure, which may have been mended. */
export function onceFound<Found>(look: () => Promise<Found>): () => Promise<Found> {
  let found: Promise<Found> | undefined
  return () => {
    found ??= look().catch((error) => {
      found = undefined
      throw error
    })
    return found
  }
}
