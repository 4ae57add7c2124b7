const longestTitle = 300

/** The headings that text stands under, as one goes through a document. */
export interface Outline {
  /** Passes a heading; smaller levels stand outside larger ones. Answers the path that leads to it and includes it. */
  enter(level: number, title: string): readonly string[]
}

export function createOutline(): Outline {
  const open: { level: number; title: string }[] = []

  function enter(level: number, title: string): readonly string[] {
    while ((open.at(-1)?.level ?? Number.NEGATIVE_INFINITY) >= level) open.pop()
    open.push({ level, title: title.slice(0, longestTitle) })
    return open.map((heading) => heading.title)
  }
  return { enter }
}
