import { createProse, type Prose } from '../prose.ts'
import { type Attributes, attribute, type ElementHandler } from './elements.ts'
import { type OfficePackage, type OfficeRequest, relationshipId } from './office-package.ts'
import { closeTablePart, openTablePart } from './office-tables.ts'

/** PowerPoint: a section for each slide in the order of the presentation, under its title, with tables and notes. */
export async function parsePptx({ office, sink }: OfficeRequest): Promise<void> {
  let page = 0
  for (const slide of await slidesOf(office)) {
    page += 1
    const prose = createProse(sink, page)
    prose.heading(1, (await textsOf(office, slide, isTitle)).join(' '))
    await office.read(slide, slideHandler({ paragraph: bodyOf(prose), edge: edgesOf(prose) }))
    const notes = await notesOf(office, slide)
    if (notes !== '') prose.paragraph(`Notes: ${notes}`)
    prose.end()
  }
}

/** The parts of the slides, in the order in which they are shown. */
async function slidesOf(office: OfficePackage): Promise<string[]> {
  const parts = new Map((await office.relationships(office.main)).map(({ id, target }) => [id, target]))
  const slides: string[] = []
  await office.read(office.main, {
    open(name, attributes) {
      const part = name === 'sldId' ? parts.get(relationshipId(attributes) ?? '') : undefined
      if (part !== undefined) slides.push(part)
    },
  })
  return slides
}

async function notesOf(office: OfficePackage, slide: string): Promise<string> {
  const part = (await office.relationships(slide)).find(({ type }) => type === 'notesSlide')?.target
  return part === undefined ? '' : (await textsOf(office, part, (role) => role === 'body')).join('\n')
}

/** The paragraphs of shapes in some role. */
async function textsOf(office: OfficePackage, part: string, isWanted: (role: string) => boolean): Promise<string[]> {
  const texts: string[] = []
  const paragraph = (text: string, role: string) => void (isWanted(role) && texts.push(text))
  await office.read(part, slideHandler({ paragraph, edge: () => {} }))
  return texts
}

function isTitle(role: string): boolean {
  return role === 'title' || role === 'ctrTitle'
}

/** Roles of shapes that repeat on every slide, or were written already. */
const leftOut = new Set(['title', 'ctrTitle', 'sldNum', 'dt', 'ftr', 'hdr', 'sldImg'])

/** Roles of shapes whose paragraphs are the points of a list. */
const listed = new Set(['body', 'obj', 'other'])

function bodyOf(prose: Prose): SlideParts['paragraph'] {
  return (text, role, depth) => {
    if (leftOut.has(role)) return
    if (depth > 0 || listed.has(role)) prose.item(depth, text)
    else prose.paragraph(text)
  }
}

function edgesOf(prose: Prose): SlideParts['edge'] {
  return (name, isOpen) => (isOpen ? openTablePart(prose, name) : closeTablePart(prose, name))
}

interface SlideParts {
  /** `role` is that of its shape's placeholder, `depth` that in a list. */
  paragraph(text: string, role: string, depth: number): void
  /** An element begins or ends that is none of these. */
  edge(name: string, isOpen: boolean): void
}

/** Goes through the shapes of a slide, or of the notes below one. */
function slideHandler({ paragraph, edge }: SlideParts): ElementHandler {
  let role = ''
  let text = ''
  let depth = 0
  let inText = false

  function open(name: string, attributes: Attributes): void {
    if (name === 'sp') role = ''
    else if (name === 'tbl') {
      role = ''
      edge(name, true)
    } else if (name === 'ph') role = attribute(attributes, 'type') ?? 'other'
    else if (name === 'p') [text, depth] = ['', 0]
    else if (name === 'pPr') depth = Number(attribute(attributes, 'lvl') ?? 0) || 0
    else if (name === 't') inText = true
    else if (name === 'br') text += '\n'
    else edge(name, true)
  }

  function close(name: string): void {
    if (name === 't') inText = false
    else if (name === 'p' && text.trim() !== '') paragraph(text, role, depth)
    else edge(name, false)
    if (name === 'sp') role = ''
  }

  function add(piece: string): void {
    if (inText) text += piece
  }
  return { open, text: add, close }
}
