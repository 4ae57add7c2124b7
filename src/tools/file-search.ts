import { z } from 'zod'
import type { Run } from '../api/run.ts'
import type { ToolCall } from '../api/run-step.ts'
import type { Tool } from '../api/tool.ts'
import type { ModelTool } from '../ports/model.ts'
import type { Fusion, Hit } from '../ports/search.ts'
import type { Transaction } from '../ports/store.ts'
import type { Passage, ServerCall, ServerTool, ToolContext, ToolResult } from './tool.ts'

type FileSearchTool = Extract<Tool, { type: 'file_search' }>

/** Searches stores; what it rejects with ends the run. */
export type SearchStores = (request: {
  project: string
  vector_store_ids: readonly string[]
  queries: readonly string[]
  filter: null
  limit: number
  scoreThreshold: number
  fusion: Fusion
  signal: AbortSignal
}) => Promise<readonly Hit[]>

const noFiles = { images: [], files: [] }
const defaultResults = 20
/** About how many characters of results go into a prompt: the original's 16,000 tokens. */
const outputBudget = 64_000
const maxQueries = 5

const given = z.object({ queries: z.array(z.string()).optional(), query: z.string().optional() })

const description =
  'Searches the files that were uploaded for this conversation. Give one to five short queries, each about one thing, ' +
  'in the language of the files. Results are numbered passages. When you use a passage, cite it right after the ' +
  'sentence with its marker exactly as given, for example 【4:0†name】. Do not invent markers.'

interface FileSearchParts {
  search: SearchStores
  /** Notes that these stores are in use. */
  touch: (tx: Transaction, vector_store_ids: readonly string[]) => Promise<void>
}

/** The `file_search` tool: the model asks with queries and reads numbered passages that it can cite. */
export function createFileSearch({ search, touch }: FileSearchParts): ServerTool {
  function offer(run: Run): ModelTool | undefined {
    if (!toolOf(run)) return undefined
    const queries = { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: maxQueries }
    const parameters = { type: 'object', properties: { queries }, required: ['queries'], additionalProperties: false }
    return { name: 'file_search', description, parameters, strict: false }
  }

  function begin({ id }: ServerCall, run: Run): ToolCall {
    return { id, type: 'file_search', file_search: { ranking_options: rankingOf(run), results: [] } }
  }

  async function carryOut(call: ServerCall, context: ToolContext): Promise<ToolResult> {
    const { project, run, vector_store_ids, position, signal } = context
    const queries = queriesOf(call.arguments)
    if (queries.length === 0) return nothing(call, run, 'The arguments were not understood: give {"queries": ["…"]}.')
    if (vector_store_ids.length === 0) return nothing(call, run, 'There are no files to search.')
    const pending = stillPending(context)
    const options = toolOf(run)?.file_search
    const hits = await search({
      project,
      vector_store_ids,
      queries,
      filter: null,
      limit: options?.max_num_results ?? defaultResults,
      scoreThreshold: options?.ranking_options?.score_threshold ?? 0,
      fusion: { kind: 'weighted' },
      signal,
    })
    const passages = withinBudget(hits.map(passageOf))
    const save = (tx: Transaction) => touch(tx, vector_store_ids)
    if (passages.length === 0) {
      const output = `Nothing was found. Try other words, or say that the files do not tell.${pending}`
      return { ...nothing(call, run, output), save }
    }
    return {
      call: recorded(call, run, passages),
      output: readable(passages, position) + pending,
      passages,
      ...noFiles,
      save,
    }
  }

  function nothing(call: ServerCall, run: Run, output: string): ToolResult {
    return { call: begin(call, run), output, passages: [], ...noFiles }
  }

  return { type: 'file_search', offer, begin, carryOut }
}

/** What the model has to know about files that it cannot find yet. */
function stillPending({ pendingFiles }: ToolContext): string {
  if (pendingFiles === 0) return ''
  const files = pendingFiles === 1 ? '1 file is' : `${pendingFiles} files are`
  return `\n\n(${files} still being processed and could not be searched yet. Say so if it matters.)`
}

function toolOf(run: Run): FileSearchTool | undefined {
  return run.tools.find((tool) => tool.type === 'file_search')
}

function rankingOf(run: Run) {
  const { ranker = 'default_2024_08_21', score_threshold = 0 } = toolOf(run)?.file_search?.ranking_options ?? {}
  return { ranker, score_threshold }
}

/** The model's queries; none when its arguments cannot be read. */
function queriesOf(text: string): string[] {
  const parsed = given.safeParse(parseJson(text))
  if (!parsed.success) return []
  const { queries = [], query } = parsed.data
  return [...queries, ...(query === undefined ? [] : [query])].filter((each) => each.trim() !== '').slice(0, maxQueries)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the schema refuses it, and the model is told
  }
}

function passageOf({ segment, index, chunk, score }: Hit): Passage {
  const { file_id, filename, vector_store_id, attributes } = segment
  return { file_id, filename, vector_store_id, attributes, index, chunk, score }
}

/** The best passages, as many as there is room for; the first always. */
function withinBudget(passages: readonly Passage[]): Passage[] {
  let left = outputBudget
  return passages.filter(({ chunk }, place) => {
    left -= chunk.text.length
    return left >= 0 || place === 0
  })
}

function recorded({ id }: ServerCall, run: Run, passages: readonly Passage[]): ToolCall {
  const results = passages.map(({ file_id, filename, attributes, chunk, score }) => {
    const content = [{ type: 'text' as const, text: chunk.text }]
    return { file_id, file_name: filename, score, attributes, content }
  })
  return { id, type: 'file_search', file_search: { ranking_options: rankingOf(run), results } }
}

function readable(passages: readonly Passage[], position: number): string {
  return passages
    .map(({ filename, chunk }, number) => {
      const where = [chunk.page === null ? '' : `page ${chunk.page}`, chunk.headings.join(' › ')].filter(
        (part) => part !== '',
      )
      const place = where.length > 0 ? ` (${where.join(', ')})` : ''
      return `【${position}:${number}†${filename}】${place}\n${chunk.text}`
    })
    .join('\n\n')
}
