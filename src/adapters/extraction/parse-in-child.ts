import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Log } from '../../lib/log.ts'
import { ExtractionFailure, type Section } from '../../ports/extractor.ts'
import type { ChildTask } from './child-lines.ts'
import { count, needsTooMuchMemory, tooMuch } from './failures.ts'
import { tellsOutOfMemory } from './memory.ts'
import type { StartParser } from './parser-process.ts'
import { readLines } from './read-lines.ts'

interface Options {
  readonly command: readonly string[]
  readonly start: StartParser
  readonly signal: AbortSignal
  readonly log: Log
}

/**
 * Has a document parsed by a process of its own, which is gone when this settles. Rejects with an `ExtractionFailure`
 * whatever the document did to it, with the signal's reason, or with the document's own error if it cannot be read.
 */
export async function parseInChild(
  task: ChildTask,
  document: AsyncIterable<Uint8Array>,
  { command, start, signal, log }: Options,
): Promise<Section[]> {
  signal.throwIfAborted()
  const { limits } = task
  const child = await start([...command, JSON.stringify(task)], limits)
  const complaint = lastOf(child.stderr)

  let verdict: unknown
  function kill(reason?: unknown): void {
    verdict ??= reason
    child.kill()
  }
  const abort = () => kill(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  const late = () => kill(tooMuch(`took longer than ${count(limits.seconds)} seconds`))
  const timeout = setTimeout(late, limits.seconds * 1000)
  feed(document, child.stdin, limits.bytes).catch(kill)
  try {
    return await readLines(child.stdout, limits)
  } catch (error) {
    kill()
    const { outOfMemory, exitCode } = await child.gone
    const said = await complaint
    if (verdict !== undefined) throw verdict
    if (outOfMemory || tellsOutOfMemory(said)) throw needsTooMuchMemory()
    if (error instanceof ExtractionFailure && error.code === 'server_error') {
      const trace = said.match(/^\s+at .*$/gm) ?? [] // without messages, which may quote the document
      log.warn({ format: task.format, exit_code: exitCode, trace }, 'document parser failed')
    }
    throw error
  } finally {
    clearTimeout(timeout)
    signal.removeEventListener('abort', abort)
    kill() // it has said all; nothing it still does is of use
    await child.gone
  }
}

/** Passes the document on. Rejects with its own fault, or when it is too large; that the child left early is no fault. */
async function feed(document: AsyncIterable<Uint8Array>, stdin: Writable, maxBytes: number): Promise<void> {
  let bytes = 0
  stdin.on('error', () => {}) // it left early; what it said tells why
  for await (const chunk of document) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw tooMuch(`is larger than ${count(Math.floor(maxBytes / 1024 ** 2))} MB`)
    if (stdin.destroyed) return
    if (!stdin.write(chunk)) await ready(stdin)
  }
  stdin.end()
}

/** Resolves when there is room again, or when nobody reads any more. */
function ready(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stdin.closed) return resolve()
    function done(): void {
      stdin.off('drain', done).off('close', done)
      resolve()
    }
    stdin.on('drain', done).on('close', done)
  })
}

/** The last that was said, when all is said. */
async function lastOf(stderr: Readable): Promise<string> {
  let text = ''
  stderr.on('data', (chunk) => {
    text = (text + chunk).slice(-8000)
  })
  await finished(stderr).catch(() => {}) // broken or not, no more will come
  return text
}
