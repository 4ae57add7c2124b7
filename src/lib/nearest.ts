/** The candidate that `word` was most likely meant to be; undefined when none is close. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const tolerance = Math.max(2, Math.floor(word.length / 4))
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((one, other) => one.distance - other.distance)
  return best?.candidate
}

/** How many characters must be added, removed or replaced to turn one word into the other. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [line, character] of [...one].entries()) {
    const above = row
    row = [line + 1]
    for (let column = 0; column < other.length; column++) {
      const replaced = at(above, column) + (character === other[column] ? 0 : 1)
      row.push(Math.min(replaced, at(above, column + 1) + 1, at(row, column) + 1))
    }
  }
  return at(row, other.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0
}
