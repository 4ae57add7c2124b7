import OpenAI from 'openai'
import type { Program } from '../program.ts'
import type { Bench } from '../scenario.ts'
import { startReprise } from '../server.ts'

/** The server under test, without an embedding model, and a client that fills its vector stores. */
export interface FileServer extends AsyncDisposable {
  readonly program: Program
  readonly client: OpenAI
  /** A vector store of these texts, each a file; resolves when all are searchable. */
  fill(texts: readonly string[], chunking?: OpenAI.StaticFileChunkingStrategyObjectParam): Promise<string>
}

export async function startFileServer({ entry, newFolder }: Pick<Bench, 'entry' | 'newFolder'>): Promise<FileServer> {
  const program = await startReprise({ entry, dataFolder: newFolder() })
  const client = new OpenAI({ baseURL: `${program.origin}/v1`, apiKey: 'bench', maxRetries: 0 })

  async function fill(texts: readonly string[], chunking?: OpenAI.StaticFileChunkingStrategyObjectParam) {
    const { id } = await client.vectorStores.create({})
    const file_ids: string[] = []
    for (const [place, text] of texts.entries()) {
      const file = await client.files.create({ file: new File([text], `${place}.txt`), purpose: 'assistants' })
      file_ids.push(file.id)
    }
    const files = { file_ids, ...(chunking && { chunking_strategy: chunking }) }
    const batch = await client.vectorStores.fileBatches.createAndPoll(id, files, { pollIntervalMs: 50 })
    const { completed } = batch.file_counts
    if (completed !== texts.length) throw new Error(`${completed} of ${texts.length} files became searchable`)
    return id
  }
  return { program, client, fill, [Symbol.asyncDispose]: () => program.stop() }
}
