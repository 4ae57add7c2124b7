import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { convert, type Format, formats } from './convert.ts'
import { documents, type SourceDocument } from './documents.ts'

export interface CorpusFile {
  readonly name: string
  readonly path: string
}

/** What documents of this machine become; what could not be made is named and left out. */
export interface Corpus {
  /** Every document once, in one format or another. */
  mixed(): Promise<CorpusFile[]>
  /** Every document that can be converted, in one format. */
  inFormat(format: Format): Promise<CorpusFile[]>
  /** The documents that were printed by their authors. */
  prints(): Promise<CorpusFile[]>
}

export function createCorpus(folder: string): Corpus {
  const made = join(folder, 'corpus')
  mkdirSync(made)
  const present = documents.filter(({ path }) => existsSync(path))
  const absent = documents.filter((document) => !present.includes(document))
  if (absent.length > 0) console.log('left out, not on this machine:', absent.map(({ path }) => path).join(' '))
  const sources = present.filter(({ kind }) => kind !== 'pdf')
  const printed = present.filter(({ kind }) => kind === 'pdf')
  const formatAt = (place: number) => formats[place % formats.length] ?? 'txt'

  const prints = () => make(printed, () => 'pdf', made)
  return {
    mixed: async () => [...(await make(sources, formatAt, made)), ...(await prints())],
    inFormat: (format) => make(sources, () => format, made),
    prints,
  }
}

async function make(
  documents: readonly SourceDocument[],
  formatAt: (place: number) => Format,
  folder: string,
): Promise<CorpusFile[]> {
  const files: CorpusFile[] = []
  for (const [place, document] of documents.entries()) {
    const path = await convert(document, formatAt(place), folder).catch((error: Error) => error)
    if (typeof path === 'string') files.push({ name: document.name, path })
    else console.log(`left out: ${document.name} as ${formatAt(place)}: ${path.message.split('\n')[0]}`)
  }
  return files
}
