import { createOutline } from './outline.ts'
import type { SectionSink } from './sections.ts'
import { createTables } from './tables.ts'

/**
 * Writes a document as Markdown, block by block, a new section at each heading. Headings that have nothing between them
 * share the section of the last.
 */
export interface Prose {
  /** Level 1 is the outermost of most documents; a title above all headings may have 0. */
  heading(level: number, title: string): void
  paragraph(text: string): void
  /** `depth` is counted from 0. */
  item(depth: number, text: string): void
  /** Text whose line breaks and spaces count. */
  code(text: string): void
  /** Blocks between these stand in the cells of a table. */
  openTable(): void
  openRow(): void
  openCell(): void
  closeCell(): void
  closeRow(): void
  closeTable(): void
  /** Leaves all headings: what follows stands on its own. */
  leave(): void
  end(): void
}

/** So many headings with nothing between them are written out all the same. */
const mostHeld = 30

/** `page` is the same for all that is written. */
export function createProse(sink: SectionSink, page: number | null = null): Prose {
  let outline = createOutline()
  let headings: readonly string[] = []
  const held: string[] = [] // headings that wait for text
  let isNew = true
  let afterItem = false
  const tables = createTables(write)

  function write(block: string): void {
    const isItem = /^ *- /.test(block)
    if (isNew) sink.start({ page, headings })
    else sink.write(isItem && afterItem ? '\n' : '\n\n')
    isNew = false
    for (const heading of held.splice(0)) sink.write(`${heading}\n\n`)
    sink.write(block)
    afterItem = isItem
  }

  function block(text: string): void {
    if (text !== '') tables.block(text)
  }

  function heading(level: number, text: string): void {
    const title = text.replace(/\s+/g, ' ').trim()
    if (title === '') return
    tables.dissolve()
    headings = outline.enter(level, title)
    held.push(`${'#'.repeat(Math.min(Math.max(level, 1), 6))} ${title}`)
    isNew = true
    if (held.length > mostHeld) flush()
  }

  function flush(): void {
    const last = held.pop()
    if (last !== undefined) write(last)
  }

  function leave(): void {
    tables.dissolve()
    flush()
    outline = createOutline()
    headings = []
    isNew = true
  }

  function end(): void {
    tables.dissolve()
    flush()
  }

  return {
    heading,
    paragraph: (text) => block(text.trim()),
    item: (depth, text) => block(text.trim() === '' ? '' : `${'  '.repeat(Math.min(depth, 10))}- ${text.trim()}`),
    code: (text) => block(tables.isGathering() ? text.trim() : fenced(text)),
    ...tables.edges,
    leave,
    end,
  }
}

function fenced(text: string): string {
  const body = text.replace(/^\n+/, '').trimEnd()
  return body === '' ? '' : `\`\`\`\n${body}\n\`\`\``
}
