import type { Prose } from '../prose.ts'

/** Gathers the paragraphs and cells of RTF, which marks where they end and not where they begin. */
export function createRtfWriter(prose: Prose) {
  let text = ''
  let bytes: number[] = [] // of the document's code page, not decoded yet
  let codePage = 'windows-1252'
  let level: number | undefined
  let style = 0 // that is being defined
  const headingStyles = new Map<number, number>()
  let depth = 0 // in a list
  let isItem = false
  let inTable = false
  let [isTable, isRow] = [false, false] // open in the prose

  function control(word: string, value: number | undefined): void {
    if (word === 'ansicpg') codePage = decoderName(value)
    else if (word === 'pard') [level, depth, inTable] = [undefined, 0, false]
    else if (word === 'ilvl') depth = value ?? 0
    else if (word === 'intbl') inTable = true
    else if (word === 's') level = headingStyles.get(value ?? 0)
    else if (word === 'outlinelevel') level = headingLevel(value)
    else if (word === 'cell') endCell()
    else if (word === 'row') endRow()
    else if (word === 'par' || word === 'sect' || word === 'page') endParagraph()
  }

  /** In the style sheet the same words say what a style is. */
  function define(word: string, value: number | undefined): void {
    const defined = headingLevel(value)
    if (word === 's') style = value ?? 0
    else if (word === 'outlinelevel' && defined !== undefined) headingStyles.set(style, defined)
  }

  function add(piece: string): void {
    decodeBytes()
    text += piece
  }

  function decodeBytes(): void {
    if (bytes.length > 0) text += new TextDecoder(codePage).decode(Uint8Array.from(bytes))
    bytes = []
  }

  function endParagraph(): void {
    decodeBytes()
    if (inTable) text += '\n'
    else {
      if (isTable) prose.closeTable()
      isTable = false
      if (level !== undefined) prose.heading(level, text)
      else if (isItem) prose.item(depth, text)
      else prose.paragraph(text)
      isItem = false
      text = ''
    }
  }

  function endCell(): void {
    decodeBytes()
    if (!isTable) prose.openTable()
    if (!isRow) prose.openRow()
    isTable = isRow = true
    prose.openCell()
    prose.paragraph(text)
    prose.closeCell()
    text = ''
  }

  function endRow(): void {
    if (isRow) prose.closeRow()
    isRow = false
  }

  function end(): void {
    inTable = false
    endParagraph()
  }
  return {
    control,
    define,
    text: add,
    byte: (byte: number) => void bytes.push(byte),
    /** The paragraph is one of a list. */
    item() {
      isItem = true
    },
    end,
  }
}

/** Nine stands for body text. */
function headingLevel(outlineLevel = 9): number | undefined {
  return outlineLevel < 9 ? outlineLevel + 1 : undefined
}

function decoderName(codePage = 1252): string {
  const others = new Map([
    [932, 'shift_jis'],
    [936, 'gbk'],
    [949, 'euc-kr'],
    [950, 'big5'],
    [10000, 'macintosh'],
    [65001, 'utf-8'],
  ])
  return others.get(codePage) ?? (codePage >= 1250 && codePage <= 1258 ? `windows-${codePage}` : 'windows-1252')
}
