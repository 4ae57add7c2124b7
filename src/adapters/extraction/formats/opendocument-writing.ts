import { createProse } from '../prose.ts'
import type { SectionSink } from '../sections.ts'
import { type Attributes, attribute, type ElementHandler } from './elements.ts'
import { characterOf, tableEdge } from './opendocument-elements.ts'

interface Paragraph {
  text: string
  /** 0 is the title, 1 the outermost heading. */
  readonly level: number | undefined
  /** Written in front of it: the mark of a note, the word for speaker notes. */
  readonly mark: string
}

/** Elements whose text is not the document's: what was deleted, and remarks on it. */
const passedOver = new Set(['tracked-changes', 'annotation', 'ruby-text', 'forms', 'desc', 'page-number'])

/**
 * Texts and presentations: headings, lists, tables, notes; each slide is a page. Notes and text boxes stand inside of
 * the paragraph they belong to, so paragraphs are a stack.
 */
export function createWritingHandler(sink: SectionSink): ElementHandler & {
  /** Takes an element in front of the body, where styles are named. */
  style(name: string, attributes: Attributes): void
  end(): void
} {
  let prose = createProse(sink)
  const titleStyles = new Set(['Title'])
  const paragraphs: Paragraph[] = []
  const inner: Paragraph[] = [] // written after the one they stand in
  let [pages, lists, hidden] = [0, 0, 0]
  let isItem = false
  let isTitleFrame = false
  let mark = ''
  let citation = ''
  let inCitation = false

  function style(name: string, attributes: Attributes): void {
    if (name !== 'style' || attribute(attributes, 'parent-style-name') !== 'Title') return
    titleStyles.add(attribute(attributes, 'name') ?? '')
  }

  function open(name: string, attributes: Attributes): void {
    if (passedOver.has(name)) hidden += 1
    if (hidden > 0) return
    if (name === 'h' || name === 'p') openParagraph(name, attributes)
    else if (name === 'page') openPage()
    else if (name === 'frame') isTitleFrame = attribute(attributes, 'class') === 'title'
    else if (name === 'notes') mark = 'Notes: '
    else if (name === 'list') lists += 1
    else if (name === 'list-item') isItem = true
    else if (name === 'note-citation') [citation, inCitation] = ['', true]
    else if (name === 'note-body') mark = `[^${citation}]: `
    else if (!tableEdge(prose, name, 'open')) add(characterOf(name, attributes))
  }

  function openParagraph(name: string, attributes: Attributes): void {
    const isTitle = isTitleFrame || titleStyles.has(attribute(attributes, 'style-name') ?? '')
    const level = name === 'h' ? Number(attribute(attributes, 'outline-level') ?? 1) : isTitle ? 0 : undefined
    paragraphs.push({ text: '', level, mark })
    mark = ''
  }

  function openPage(): void {
    prose.end()
    pages += 1
    prose = createProse(sink, pages)
  }

  function close(name: string): void {
    if (passedOver.has(name)) hidden -= 1
    if (hidden > 0) return
    if (name === 'h' || name === 'p') closeParagraph(paragraphs.pop())
    else if (name === 'list') lists -= 1
    else if (name === 'list-item') isItem = false
    else if (name === 'frame') isTitleFrame = false
    else if (name === 'notes') mark = ''
    else if (name === 'note-citation') closeCitation()
    else tableEdge(prose, name, 'close')
  }

  function closeParagraph(paragraph: Paragraph | undefined): void {
    if (!paragraph) return
    if (paragraphs.length > 0) inner.push(paragraph)
    else for (const each of [paragraph, ...inner.splice(0)]) write(each)
  }

  function write({ text, level, mark }: Paragraph): void {
    if (text.trim() === '') return
    if (level !== undefined) prose.heading(level, mark + text)
    else if (isItem) prose.item(Math.max(lists - 1, 0), mark + text.trim())
    else prose.paragraph(mark + text.trim())
    isItem = false // what follows in the same item is a paragraph
  }

  function closeCitation(): void {
    inCitation = false
    add(`[^${citation}]`)
  }

  function add(text: string): void {
    const paragraph = paragraphs.at(-1)
    if (hidden > 0 || !paragraph) return
    if (inCitation) citation += text
    else paragraph.text += text
  }
  return { style, open, text: add, close, end: () => prose.end() }
}
