import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { createExtractor } from '../../src/adapters/extraction/create-extractor.ts'
import { chunkText } from '../../src/indexing/chunk-text.ts'
import type { Chunk } from '../../src/ports/search.ts'
import { automaticStrategy } from '../../src/resources/shown-strategy.ts'
import { silent } from '../../test/support/extraction.ts'
import type { CorpusFile } from './corpus.ts'

/** The passages of files, file by file, as the server cuts them; files that cannot be read have none. */
export async function readPassages(files: readonly CorpusFile[], chunkTokens: number | undefined): Promise<Chunk[][]> {
  const extractor = createExtractor({ log: silent })
  const sizes = chunkTokens === undefined ? automaticStrategy : chunkSizes(chunkTokens)
  const passages: Chunk[][] = []
  try {
    for (const { path } of files) {
      const data = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>
      const document = { filename: basename(path), data }
      const sections = await extractor.extract(document, { signal: AbortSignal.timeout(300_000) }).catch(() => [])
      passages.push((await chunkText(sections, sizes)).chunks)
    }
  } finally {
    await extractor.close()
  }
  return passages
}

/** Half of a passage is shared with the next. */
export function chunkSizes(chunkTokens: number) {
  return { max_chunk_size_tokens: chunkTokens, chunk_overlap_tokens: Math.floor(chunkTokens / 2) }
}
