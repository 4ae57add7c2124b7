const fewest = 4 // characters: less is not cut any more

/** The text in pieces shorter than `limit` bytes of UTF-8, by halves; a text that is short enough is its only piece. */
export function cutText(text: string, limit: number): string[] {
  if (text.length < fewest || Buffer.byteLength(text) < limit) return [text]
  const cut = nearMiddle(text)
  return [text.slice(0, cut), text.slice(cut)].flatMap((half) => cutText(half, limit))
}

/** The space that is nearest to the middle, if one is near, else the middle; never within a character. */
function nearMiddle(text: string): number {
  const middle = Math.floor(text.length / 2)
  const reach = Math.floor(text.length / 8)
  for (let distance = 0; distance <= reach; distance++)
    for (const index of [middle - distance, middle + distance]) if (/\s/.test(text.charAt(index))) return index
  return /[\udc00-\udfff]/.test(text.charAt(middle)) ? middle + 1 : middle
}
