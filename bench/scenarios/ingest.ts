import { cpuMicros, residentMegabytes } from '../process-stats.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { type FileServer, startFileServer } from './file-server.ts'
import { createMaterial } from './search-index.ts'

export const ingest: Scenario = {
  name: 'ingest',
  about: 'text files made searchable by their words, passages of 800 tokens with 400 shared',
  run,
}

const files = 20
const chunking = { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } } as const

/** Everything is counted that a client waits for: uploads, the jobs, a process for each file, the commits. */
async function run(bench: Bench): Promise<Outcome> {
  if (bench.self) return { findings: [], tables: [], problems: [] }
  await using server = await startFileServer(bench)
  const material = createMaterial(2)
  const textOf = () =>
    material
      .file()
      .chunks.map(({ text }) => text)
      .join('\n\n')
  await server.fill([textOf()], chunking)
  const texts = Array.from({ length: files }, textOf)
  const bytes = texts.reduce((sum, text) => sum + text.length, 0)
  const cpuBefore = cpuMicros(server.program.pid)
  const before = performance.now()
  const store = await server.fill(texts, chunking)
  const seconds = (performance.now() - before) / 1000
  const cpu = (cpuMicros(server.program.pid) - cpuBefore) / 1e6
  const chunks = await countChunks(server, store)
  return {
    findings: [
      { label: 'chunks ingested', value: chunks / seconds, unit: '/s' },
      { label: 'text', value: bytes / seconds / 1024, unit: 'KB/s' },
      { label: 'CPU of the server per 1,000 chunks, parsing processes apart', value: (cpu / chunks) * 1000, unit: 's' },
      { label: 'RSS afterwards', value: residentMegabytes(server.program.pid), unit: 'MB' },
    ],
    tables: [],
    problems: [],
  }
}

/** A search for nothing in particular finds all that has one of the most frequent words, which is every passage. */
async function countChunks({ client }: FileServer, store: string): Promise<number> {
  let chunks = 0
  for (let page: string | null = '0'; page !== null; ) {
    const body = { query: 'w1', max_num_results: 50 }
    const reply: { data: unknown[]; next_page: string | null } = await client.post(
      `/vector_stores/${store}/search?page=${page}`,
      { body },
    )
    chunks += reply.data.length
    page = reply.next_page
  }
  return chunks
}
