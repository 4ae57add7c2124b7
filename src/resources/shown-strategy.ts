import type { AttachFileRequest, VectorStoreFile } from '../api/vector-store.ts'

/** What `auto` stands for. */
export const automaticStrategy = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 }

/** How a file will be cut, as its entry shows it. */
export function shownStrategy(given: AttachFileRequest['chunking_strategy']): VectorStoreFile['chunking_strategy'] {
  return { type: 'static', static: given?.type === 'static' ? given.static : automaticStrategy }
}
