import type { Bookmark } from './pdf-bookmarks.ts'

/** Less than that at the top of a page is a running head, and stays with the heading below it. */
const shortestTop = 100

/**
 * Parts a page at its bookmarks. A bookmark whose title is not found as a line is taken to begin where the one before it
 * does. `headings` are those that the page begins under; a page without bookmarks is one section.
 */
export function sectionsOfPage(
  lines: readonly string[],
  bookmarks: readonly Bookmark[],
  headings: readonly string[],
): { text: string; headings: readonly string[] }[] {
  const sections: { text: string; headings: readonly string[] }[] = []
  let [from, above] = [0, headings]
  for (const { path } of bookmarks) {
    const at = indexOfTitle(lines, path.at(-1) ?? '', from)
    const before = lines.slice(from, at).join('\n')
    if (at > from && (from > 0 || before.length >= shortestTop)) {
      sections.push({ text: before, headings: above })
      from = at
    }
    above = path
  }
  return [...sections, { text: lines.slice(from).join('\n'), headings: above }]
}

/** The line that is this title, or `from`. */
function indexOfTitle(lines: readonly string[], title: string, from: number): number {
  const wanted = comparable(title)
  const found = wanted === '' ? -1 : lines.findIndex((line, index) => index >= from && comparable(line) === wanted)
  return found === -1 ? from : found
}

/** Letters alone: numbers, dots and spaces are often set apart in print, and missing in the bookmark. */
function comparable(line: string): string {
  return line.length > 400 ? '' : line.toLowerCase().replace(/[^\p{L}]/gu, '')
}
