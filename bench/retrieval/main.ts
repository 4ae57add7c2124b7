import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { startReprise } from '../server.ts'
import { convert, type Format, formats, toolsAtHand } from './convert.ts'
import { documents, type SourceDocument } from './documents.ts'
import { type Figures, figuresOf, holds, rankOf } from './metrics.ts'
import { type Question, questions } from './questions.ts'
import { type FilledStore, fillStore, type Weights } from './store.ts'

const usage = `node bench/retrieval/main.ts [options]

Asks known questions about documents that Debian brings, in every format that pandoc, groff and LibreOffice make of them.
REPRISE_EMBEDDING_MODEL and its like say which embedding model to use; without one, words alone are measured.

  --entry FILE         the server to start (src/cli/main.js)
  --chunk-tokens N     passages of so many tokens, and not of the default's
  --mixed-only         one store with every format in it, and not one store for each format
  --help               this text
`

/** Both halves by reciprocal ranks are asked for as the API has it; undefined is the default, a weighted sum. */
const modes: Readonly<Record<string, Weights | undefined>> = {
  keyword: { embedding_weight: 0, text_weight: 1 },
  vector: { embedding_weight: 1, text_weight: 0 },
  'hybrid, default': undefined,
  'hybrid, reciprocal ranks': { embedding_weight: 1, text_weight: 1 },
}

const { values } = parseArgs({
  options: {
    entry: { type: 'string', default: 'src/cli/main.js' },
    'chunk-tokens': { type: 'string' },
    'mixed-only': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) console.log(usage)
else await main(values)

async function main({
  entry,
  'mixed-only': mixedOnly,
  'chunk-tokens': tokens,
}: Pick<typeof values, 'entry' | 'mixed-only' | 'chunk-tokens'>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-retrieval-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const present = documents.filter(({ path }) => existsSync(path))
  const absent = documents.filter((document) => !present.includes(document))
  console.log('tools', await toolsAtHand())
  if (absent.length > 0) console.log('left out, not on this machine:', absent.map(({ path }) => path).join(' '))
  const corpus = createCorpus(folder)
  const parts = { entry, folder, corpus, present, chunkTokens: tokens === undefined ? undefined : Number(tokens) }
  await measureMixed(parts)
  if (!mixedOnly) await measureFormats(parts)
}

interface Parts {
  entry: string
  folder: string
  corpus: Corpus
  present: readonly SourceDocument[]
  chunkTokens: number | undefined
}

/** Every document once, in one format or another, all in one store. */
async function measureMixed({ entry, folder, corpus, present, chunkTokens }: Parts): Promise<void> {
  const embedding = Object.entries(process.env).filter(([name]) => name.startsWith('REPRISE_EMBEDDING_'))
  const environment = Object.fromEntries(embedding.map(([name, value]) => [name, value ?? '']))
  await using server = await startReprise({ entry, dataFolder: join(folder, 'mixed'), environment })
  const files = await corpus.files(present, (place) => formats[place % formats.length] ?? 'txt')
  const store = await filled(server.origin, files, chunkTokens)
  const asked = await answerable(store, files)
  const chosen = Object.entries(modes).filter(([name]) => embedding.length > 0 || name === 'keyword')
  console.log(`\n${asked.length} questions, ${files.length} documents, formats mixed`)
  for (const [name, weights] of chosen) print(name, figuresOf(await ranksOf(store, asked, weights)))
}

/** Every document in one format at a time, by words alone: what differs is how the format was read. */
async function measureFormats({ entry, folder, corpus, present, chunkTokens }: Parts): Promise<void> {
  await using server = await startReprise({ entry, dataFolder: join(folder, 'formats') })
  for (const format of formats) {
    const files = await corpus.files(present, () => format)
    const store = await filled(server.origin, files, chunkTokens)
    const found = await answerable(store, files)
    const asked = questions.filter(({ document }) => files.some(({ name }) => name === document))
    print(
      `${format}, ${found.length} of ${asked.length} in its text`,
      figuresOf(await ranksOf(store, asked, modes.keyword)),
    )
  }
}

interface CorpusFile {
  readonly name: string
  readonly path: string
}

interface Corpus {
  /** The documents, each in the format that its place gets; what could not be made is named and left out. */
  files(of: readonly SourceDocument[], formatAt: (place: number) => Format): Promise<CorpusFile[]>
}

function createCorpus(folder: string): Corpus {
  const made = join(folder, 'corpus')
  mkdirSync(made)
  return {
    async files(of, formatAt) {
      const files: CorpusFile[] = []
      for (const [place, document] of of.entries()) {
        const path = await convert(document, formatAt(place), made).catch((error: Error) => error)
        if (typeof path === 'string') files.push({ name: document.name, path })
        else console.log(`left out: ${document.name} as ${formatAt(place)}: ${path.message.split('\n')[0]}`)
      }
      return files
    },
  }
}

async function filled(
  origin: string,
  files: readonly CorpusFile[],
  chunkTokens: number | undefined,
): Promise<FilledStore> {
  const paths = files.map(({ path }) => path)
  const store = await fillStore(origin, paths, chunkTokens)
  for (const failure of store.failures) console.log(`failed: ${failure}`)
  return store
}

/** The questions whose passage stands in the text of their document; the others are named. */
async function answerable(store: FilledStore, files: readonly CorpusFile[]): Promise<Question[]> {
  const texts = new Map<string, string>()
  for (const { name, path } of files) texts.set(name, await store.content(basename(path)))
  return questions.filter(({ document, passage }) => {
    const text = texts.get(document)
    if (text === undefined) return false
    if (holds(text, passage)) return true
    console.log(`not in the text of ${document}: ${passage}`)
    return false
  })
}

function ranksOf(store: FilledStore, asked: readonly Question[], weights: Weights | undefined) {
  return Promise.all(asked.map(async ({ text, passage }) => rankOf(passage, await store.search(text, weights))))
}

function print(name: string, { recallAt5, reciprocalRank, gainAt10 }: Figures): void {
  const figures = { 'recall@5': recallAt5, MRR: reciprocalRank, 'nDCG@10': gainAt10 }
  const shown = Object.entries(figures).map(([figure, value]) => `${figure} ${value.toFixed(2)}`)
  console.log(`   ${name.padEnd(34)} ${shown.join('  ')}`)
}
