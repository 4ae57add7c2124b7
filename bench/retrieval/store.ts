import { createReadStream } from 'node:fs'
import OpenAI from 'openai'
import { chunkSizes } from './passages.ts'

/** How the two halves of a search are weighed; undefined for the default. */
export interface Weights {
  readonly embedding_weight: number
  readonly text_weight: number
}

/** A vector store that was filled with files, as its clients see it. */
export interface FilledStore {
  /** Files that could not be made searchable, with the reason. */
  readonly failures: readonly string[]
  /** The texts of the ten best passages, best first. */
  search(query: string, weights: Weights | undefined): Promise<string[]>
  /** The text of a file, by its name, as it was understood; empty where it was not. */
  content(filename: string): Promise<string>
}

/** `chunkTokens` is the most a passage has, half of it shared with the next; without it, the server's default. */
export async function fillStore(
  origin: string,
  paths: readonly string[],
  chunkTokens: number | undefined,
): Promise<FilledStore> {
  const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'bench', maxRetries: 0, timeout: 600_000 })
  const { id } = await client.vectorStores.create({ name: 'corpus' })
  const names = new Map<string, string>()
  for (const path of paths) {
    const file = await client.files.create({ file: createReadStream(path), purpose: 'assistants' })
    names.set(file.id, file.filename)
  }
  const file_ids = [...names.keys()]
  const files = chunkTokens
    ? { file_ids, chunking_strategy: { type: 'static' as const, static: chunkSizes(chunkTokens) } }
    : { file_ids }
  const batch = await client.vectorStores.fileBatches.createAndPoll(id, files, { pollIntervalMs: 200 })
  const failed = await client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: id, filter: 'failed' })
  const failures = failed.data.map((file) => `${names.get(file.id)}: ${file.last_error?.message}`)
  for (const file of failed.data) names.delete(file.id)

  async function search(query: string, weights: Weights | undefined): Promise<string[]> {
    const options = weights && { ranking_options: { hybrid_search: weights } }
    const body = { query, max_num_results: 10, ...options } // the client's types do not know the weights
    const page: { data: { content: { text: string }[] }[] } = await client.post(`/vector_stores/${id}/search`, { body })
    return page.data.map(({ content }) => content.map(({ text }) => text).join('\n'))
  }

  async function content(filename: string): Promise<string> {
    const [file_id] = [...names].find(([, name]) => name === filename) ?? []
    if (file_id === undefined) return ''
    const parts: string[] = []
    for await (const { text } of client.vectorStores.files.content(file_id, { vector_store_id: id }))
      parts.push(text ?? '')
    return parts.join('\n')
  }
  return { failures, search, content }
}
