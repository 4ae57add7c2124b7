import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Program } from '../program.ts'
import { startReprise } from '../server.ts'
import { formats, toolsAtHand } from './convert.ts'
import { type Corpus, type CorpusFile, createCorpus } from './corpus.ts'
import { type Figures, figuresOf, holds, rankOf } from './metrics.ts'
import { readPassages } from './passages.ts'
import { type Question, questions } from './questions.ts'
import { type FilledStore, fillStore, type Weights } from './store.ts'
import { usual, weighAll } from './weights.ts'

const usage = `node bench/retrieval/main.ts [options]

Asks known questions about documents that Debian brings, in every format that pandoc, groff, LibreOffice and Chromium make
of them. REPRISE_EMBEDDING_MODEL and its like say which embedding model to use; without one, words alone are measured.

  --entry FILE         the server to start (src/cli/main.js)
  --chunk-tokens N     passages of so many tokens, and not of the default's; may be given several times
  --mixed-only         one store with every format in it, and not one store for each format
  --weights            also weighs both halves in all proportions, on the mixed formats
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
    'chunk-tokens': { type: 'string', multiple: true },
    'mixed-only': { type: 'boolean', default: false },
    weights: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) console.log(usage)
else await main(values)

async function main(options: Omit<typeof values, 'help'>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-retrieval-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  console.log('tools', await toolsAtHand())
  const corpus = createCorpus(folder)
  const embedding = Object.entries(process.env).filter(([name]) => name.startsWith('REPRISE_EMBEDDING_'))
  const environment = Object.fromEntries(embedding.map(([name, value]) => [name, value ?? '']))
  await using server = await startReprise({ entry: options.entry, dataFolder: join(folder, 'data'), environment })
  const names = Object.keys(modes).filter((name) => embedding.length > 0 || name === 'keyword')
  for (const chunkTokens of options['chunk-tokens']?.map(Number) ?? [undefined]) {
    console.log(`\npassages of ${chunkTokens ?? 'the usual number of'} tokens`)
    const parts: Parts = { server, names, chunkTokens }
    const files = await corpus.mixed()
    const asked = await measure('formats mixed', files, parts)
    if (options.weights) await printWeights(files, asked, chunkTokens)
    if (!options['mixed-only']) await measureFormats(corpus, parts)
  }
}

interface Parts {
  readonly server: Program
  /** Of the modes to ask in. */
  readonly names: readonly string[]
  readonly chunkTokens: number | undefined
}

/** Every document in one format at a time: what differs is how the format was read. */
async function measureFormats(corpus: Corpus, parts: Parts): Promise<void> {
  for (const format of formats) await measure(format, await corpus.inFormat(format), parts)
  await measure('pdf as printed by others', await corpus.prints(), parts)
}

/** Fills a store and asks it in every mode. Answers the questions that could be asked. */
async function measure(title: string, files: readonly CorpusFile[], parts: Parts): Promise<Question[]> {
  const { server, names, chunkTokens } = parts
  const began = performance.now()
  const store = await fillStore(
    server.origin,
    files.map(({ path }) => path),
    chunkTokens,
  )
  const seconds = (performance.now() - began) / 1000
  for (const failure of store.failures) console.log(`failed: ${failure}`)
  const asked = await answerable(store, files)
  const passages = (await readPassages(files, chunkTokens)).flat().length
  const sizes = `${asked.length} questions, ${files.length} documents, ${passages} passages`
  console.log(`${title}: ${sizes}, filled in ${seconds.toFixed(0)} s`)
  for (const name of names) print(name, figuresOf(await ranksOf(store, asked, modes[name])))
  return asked
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

async function printWeights(
  files: readonly CorpusFile[],
  asked: readonly Question[],
  chunkTokens: number | undefined,
): Promise<void> {
  const passages = (await readPassages(files, chunkTokens)).flat()
  console.log(`weights of vectors, and what recall@5 and nDCG@10 gain over ${usual}`)
  for (const { vectorWeight, more, ...figures } of await weighAll(passages, asked))
    print(vectorWeight.toFixed(1), figures, `  ${signed(more.recallAt5)}, ${signed(more.gainAt10)}`)
}

function signed({ mean, error }: { mean: number; error: number }): string {
  return `${mean < 0 ? '-' : '+'}${Math.abs(mean).toFixed(2)} ± ${error.toFixed(2)}`
}

function print(name: string, { recallAt5, reciprocalRank, gainAt10 }: Figures, more = ''): void {
  const figures = { 'recall@5': recallAt5, MRR: reciprocalRank, 'nDCG@10': gainAt10 }
  const shown = Object.entries(figures).map(([figure, value]) => `${figure} ${value.toFixed(2)}`)
  console.log(`   ${name.padEnd(26)} ${shown.join('  ')}${more}`)
}
