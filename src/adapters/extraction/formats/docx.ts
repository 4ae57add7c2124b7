import { createProse, type Prose } from '../prose.ts'
import { outlineLevel, readHeadingStyles } from './docx-styles.ts'
import { type Attributes, attribute, type ElementHandler } from './elements.ts'
import { type OfficeRequest, valueIn } from './office-package.ts'
import { closeTablePart, openTablePart } from './office-tables.ts'

/** Word: headings by their styles, lists, tables, footnotes behind the text. Deleted text is left out. */
export async function parseDocx({ office, sink }: OfficeRequest): Promise<void> {
  const relationships = await office.relationships(office.main)
  const part = (type: string) => relationships.find((each) => each.type === type)?.target ?? ''
  const headingStyles = await readHeadingStyles(office, part('styles'))
  const prose = createProse(sink)
  await office.read(office.main, wordHandler(prose, headingStyles))
  prose.leave()
  for (const type of ['footnotes', 'endnotes']) await office.read(part(type), wordHandler(prose, headingStyles))
  prose.end()
}

interface Paragraph {
  text: string
  /** 0 is the title, 1 the outermost heading. */
  level: number | undefined
  /** Depth in a list. */
  depth: number | undefined
}

/** Elements whose text is not the document's: what was deleted, and the second form of what is there in two. */
const passedOver = new Set(['del', 'moveFrom', 'Fallback', 'delText', 'instrText'])

/** Text boxes stand inside of the paragraph they hang on, so paragraphs are a stack. */
function wordHandler(prose: Prose, headingStyles: ReadonlyMap<string, number>): ElementHandler {
  const paragraphs: Paragraph[] = []
  const inner: Paragraph[] = [] // written after the one they stand in
  let hidden = 0
  let inText = 0
  let note = ''

  function open(name: string, attributes: Attributes): void {
    if (passedOver.has(name)) hidden += 1
    if (hidden > 0) return
    if (name === 't') inText += 1
    else if (name === 'p') paragraphs.push({ text: '', level: undefined, depth: undefined })
    else if (name === 'footnote' || name === 'endnote') note = noteMark(attributes)
    else openTablePart(prose, name)
    const paragraph = paragraphs.at(-1)
    if (paragraph) applyTo(paragraph, name, attributes, headingStyles)
  }

  function close(name: string): void {
    if (passedOver.has(name)) hidden -= 1
    if (hidden > 0) return
    if (name === 't') inText -= 1
    else if (name === 'p') closeParagraph(paragraphs.pop())
    else closeTablePart(prose, name)
  }

  function closeParagraph(paragraph: Paragraph | undefined): void {
    if (!paragraph) return
    if (paragraphs.length > 0) inner.push(paragraph)
    else for (const each of [paragraph, ...inner.splice(0)]) write(each)
  }

  function write({ text: written, level, depth }: Paragraph): void {
    if (written.trim() === '') return
    const text = note + written.trim()
    note = ''
    if (level !== undefined) prose.heading(level, text)
    else if (depth !== undefined) prose.item(depth, text)
    else prose.paragraph(text)
  }

  function text(piece: string): void {
    const paragraph = paragraphs.at(-1)
    if (hidden === 0 && inText > 0 && paragraph) paragraph.text += piece
  }
  return { open, text, close }
}

function applyTo(
  paragraph: Paragraph,
  name: string,
  attributes: Attributes,
  styles: ReadonlyMap<string, number>,
): void {
  switch (name) {
    case 'pStyle':
      paragraph.level ??= styles.get(valueIn(attributes) ?? '')
      return
    case 'outlineLvl':
      paragraph.level = outlineLevel(attributes)
      return
    case 'ilvl':
      paragraph.depth = Number(valueIn(attributes)) || 0
      return
    case 'tab':
      if (valueIn(attributes) === undefined) paragraph.text += '\t' // with a value it sets a tab stop
      return
    case 'br':
    case 'cr':
      paragraph.text += '\n'
      return
    case 'noBreakHyphen':
      paragraph.text += '-'
      return
    case 'footnoteReference':
    case 'endnoteReference':
      paragraph.text += noteReference(attributes)
  }
}

function noteReference(attributes: Attributes): string {
  return `[^${attribute(attributes, 'id') ?? ''}]`
}

/** Notes with a type are lines and marks between the others. */
function noteMark(attributes: Attributes): string {
  return attribute(attributes, 'type') === undefined ? `${noteReference(attributes)}: ` : ''
}
