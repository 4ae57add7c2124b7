import type { Extractor } from '../../src/ports/extractor.ts'
import type { SearchIndex } from '../../src/ports/search.ts'

/** For an application whose test has no files: whatever would ingest or search one fails. */
export const noSearch: { extractor: Extractor; index: SearchIndex; embedder: null } = {
  extractor: { extract: unexpected },
  index: { encode: unexpected, search: unexpected, chunks: unexpected, close: async () => {} },
  embedder: null,
}

async function unexpected(): Promise<never> {
  throw new Error('this test has no files')
}
