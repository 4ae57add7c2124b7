/** How file search finds passages, for the lines that are printed at the start. */
export interface SearchDescription {
  readonly kind: 'keyword' | 'hybrid'
  /** Completes the sentence "File search goes ...". */
  readonly label: string
}

/** `label` is the embedder's; null when there is none. */
export function describeSearch(label: string | null): SearchDescription {
  return label === null
    ? { kind: 'keyword', label: 'by keywords alone, for want of an embedding model (REPRISE_EMBEDDING_MODEL)' }
    : { kind: 'hybrid', label: `by keywords and by meaning (${label})` }
}
