import type { Section } from '../../ports/extractor.ts'
import { count, noText, tooMuch } from './failures.ts'
import type { ExtractionLimits } from './limits.ts'

/** Where text stands. */
export type Place = Omit<Section, 'text'>

/** Takes a document's text as it is found, in any pieces. */
export interface SectionSink {
  /** What is written from here on stands at this place. */
  start(place: Place): void
  write(text: string): void
}

/** What a section costs beside its text, so that a million tiny ones cannot fill the memory. */
const sectionCost = 100

/** Collects sections up to the limit of characters. Throws an `ExtractionFailure` beyond it. */
export function createSections(limits: Pick<ExtractionLimits, 'characters'>): SectionSink & { done(): Section[] } {
  const sections: Section[] = []
  let place: Place = { page: null, headings: [] }
  let pieces: string[] = []
  let taken = 0

  function take(characters: number): void {
    taken += characters
    if (taken > limits.characters) throw tooMuch(`holds more than ${count(limits.characters)} characters of text`)
  }

  function start(next: Place): void {
    take(next.headings.reduce((sum, heading) => sum + heading.length, sectionCost))
    finish()
    place = { page: next.page, headings: next.headings.map(clean) }
  }

  function write(text: string): void {
    take(text.length)
    pieces.push(clean(text))
  }

  function finish(): void {
    const text = trimLines(pieces.join(''))
    pieces = []
    if (text !== '') sections.push({ text, ...place })
  }

  /** The sections that hold text. Throws an `ExtractionFailure` when none does. */
  function done(): Section[] {
    finish()
    if (sections.length === 0) throw noText()
    return sections
  }
  return { start, write, done }
}

/**
 * Without what no reader sees and what databases choke on: control characters, noncharacters, halves of surrogate pairs,
 * and the soft hyphens that would part a word for search.
 */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u00ad\ufeff\ufffe\uffff]/g, '').toWellFormed()
}

/** Without blank lines at either end; the first line keeps its indentation. */
function trimLines(text: string): string {
  return text.trimEnd().replace(/^(?:[^\S\n]*\n)+/, '')
}
