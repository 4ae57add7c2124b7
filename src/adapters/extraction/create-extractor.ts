import type { Log } from '../../lib/log.ts'
import type { Extractor, Section } from '../../ports/extractor.ts'
import { childCommand } from './child-command.ts'
import { decodeText } from './decode-text.ts'
import { chunksOf, readHead } from './document-stream.ts'
import { type FoundWall, findWall } from './find-wall.ts'
import { extensionOf, headBytes, kindOf } from './kind.ts'
import { defaultLimits, type ExtractionLimits } from './limits.ts'
import { parseInChild } from './parse-in-child.ts'
import { readText } from './read-text.ts'
import { createSections } from './sections.ts'
import { createUnwalled } from './start-unwalled.ts'

/**
 * Reads documents of all kinds. Text is decoded here, piece by piece; whatever takes a parser is given to a process of
 * its own, inside a wall where one is found when the first such document comes. How many at a time is the caller's affair.
 * `limits` replaces single ones of the usual.
 */
export function createExtractor({
  limits: given = {},
  log,
  wall = findWall,
}: {
  limits?: Partial<ExtractionLimits>
  log: Log
  wall?: (options: { signal: AbortSignal }) => Promise<FoundWall>
}): Extractor & {
  /** Ends what is under way, and resolves when no process is left. */
  close(): Promise<void>
} {
  const limits = { ...defaultLimits, ...given }
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  let parser: ReturnType<typeof openParser> | undefined

  async function extract(document: Document, options: { signal: AbortSignal }): Promise<Section[]> {
    const over = new AbortController()
    const work = read(document, AbortSignal.any([options.signal, closing.signal]), over.signal)
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
      over.abort()
    }
  }

  /** `over` lets go of the document when there is no more use for it. */
  async function read({ filename, data }: Document, signal: AbortSignal, over: AbortSignal): Promise<Section[]> {
    const chunks = chunksOf(data, { signal: AbortSignal.any([signal, over]) })
    const { head, all } = await readHead(chunks, headBytes)
    const kind = kindOf(filename, head)
    if (kind.how === 'parse') {
      parser ??= openParser()
      const task = { format: kind.format, extension: extensionOf(filename), limits }
      return parseInChild(task, all(), { ...(await parser), signal, log })
    }
    const sections = createSections(limits)
    await readText(decodeText(all(), kind.encoding), kind.flavour, sections)
    return sections.done()
  }

  async function openParser() {
    const [command, found] = await Promise.all([childCommand(limits), wall({ signal: closing.signal })])
    if (found.start) log.info({}, 'document parsers run inside bubblewrap')
    else log.info({ reason: found.reason }, 'document parsers run without bubblewrap')
    return { command, start: found.start ?? (await createUnwalled()) }
  }

  async function close(): Promise<void> {
    closing.abort(new Error('The extractor is closed'))
    await Promise.allSettled(running)
  }
  return { extract, close }
}

type Document = Parameters<Extractor['extract']>[0]
