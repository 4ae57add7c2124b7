import { createOutline } from './outline.ts'
import type { SectionSink } from './sections.ts'

/** Text as it is, or with headings that say where its parts begin. */
export type TextFlavour = 'plain' | 'markdown' | 'tex'

/** Beyond this a line is passed on in pieces: nothing that long is a heading. */
const longLine = 64 * 1024

/** Writes text to the sink, a new section at each heading. */
export async function readText(texts: AsyncIterable<string>, flavour: TextFlavour, sink: SectionSink): Promise<void> {
  if (flavour === 'plain') {
    for await (const text of texts) sink.write(text)
    return
  }
  const outline = createOutline()
  const headingIn = flavour === 'markdown' ? markdownHeadings() : texHeading
  for await (const [line, next] of withNext(linesOf(texts))) {
    const heading = headingIn(line, next)
    if (heading) sink.start({ page: null, headings: outline.enter(heading.level, heading.title) })
    sink.write(line)
  }
}

interface Heading {
  readonly level: number
  readonly title: string
}

/** Lines with their line feeds. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of texts) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield `${line}\n`
    if (rest.length > longLine) {
      yield rest
      rest = ''
    }
  }
  if (rest !== '') yield rest
}

/** Each line with the one after it. */
async function* withNext(lines: AsyncIterable<string>): AsyncGenerator<[line: string, next: string]> {
  let held: string | undefined
  for await (const line of lines) {
    if (held !== undefined) yield [held, line]
    held = line
  }
  if (held !== undefined) yield [held, '']
}

/**
 * Headings with `#` in front or a line of `=` or `-` below. What stands in a fenced block is code; what stands between
 * two lines of dashes at the very top is about the document.
 */
function markdownHeadings(): (line: string, next: string) => Heading | undefined {
  let fence = ''
  let where: 'top' | 'front matter' | 'text' = 'top'
  return (line, next) => {
    const isRule = /^-{3}[ \t]*$/m.test(line)
    if (where === 'top') where = isRule ? 'front matter' : 'text'
    else if (where === 'front matter' && isRule) {
      where = 'text'
      return undefined
    }
    const [, mark = ''] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? []
    if (mark !== '' && (fence === '' || mark.startsWith(fence))) fence = fence === '' ? mark : ''
    if (where !== 'text' || fence !== '' || mark !== '') return undefined
    return atxHeading(line.slice(0, 1000)) ?? setextHeading(line, next)
  }
}

function atxHeading(line: string): Heading | undefined {
  const [, level = '', text = ''] = /^ {0,3}(#{1,6})[ \t]+(.*)$/m.exec(line) ?? []
  const title = text.trim().replace(/[ \t]#+$/, '')
  return title === '' ? undefined : { level: level.length, title }
}

function setextHeading(line: string, next: string): Heading | undefined {
  const underline = /^(=+|-{2,})[ \t]*$/m.exec(next.slice(0, 1000))?.[1]
  const isParagraph = line.length < 200 && /^ {0,3}[^\s\-*+>|=#]/.test(line)
  return underline && isParagraph ? { level: underline.startsWith('=') ? 1 : 2, title: line.trim() } : undefined
}

const texLevels = ['part', 'chapter', 'section', 'subsection', 'subsubsection', 'paragraph']
const texCommand = new RegExp(`^\\s*\\\\(${texLevels.join('|')})\\*?(?:\\[[^\\]]*\\])?\\{(.+)\\}`)

function texHeading(line: string): Heading | undefined {
  const [, command, title = ''] = texCommand.exec(line.slice(0, 1000)) ?? []
  if (command === undefined) return undefined
  return {
    level: texLevels.indexOf(command),
    title: title
      .replace(/\\label\{.*/, '')
      .replace(/[{}]/g, '')
      .trim(),
  }
}
