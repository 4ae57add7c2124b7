/** Whether the name fits the pattern, in which `*` stands for any characters, none included. */
export function fits(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name
  const source = pattern.split('*').map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${source.join('.*')}$`, 's').test(name)
}

/** The most precise patterns first: the first that fits a name is the one that it goes by. */
export function byPrecision<Patterned extends { readonly pattern: string }>(all: readonly Patterned[]): Patterned[] {
  return [...all].sort((one, other) => precision(other.pattern) - precision(one.pattern))
}

/** How much a pattern says: a name without `*` beats every pattern, then the longer one wins. */
function precision(pattern: string): number {
  return pattern.includes('*') ? pattern.replaceAll('*', '').length : Number.POSITIVE_INFINITY
}
