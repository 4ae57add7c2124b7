import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { Log } from '../../lib/log.ts'
import { ExtractionFailure, type Section } from '../../ports/extractor.ts'
import type { Command } from './child-command.ts'
import type { ChildTask } from './child-lines.ts'
import { count, tooMuch } from './failures.ts'
import { tellsOutOfMemory } from './memory.ts'
import { readLines } from './read-lines.ts'
import { createWatchdog, needsTooMuchMemory } from './watchdog.ts'

/**
 * Has a document parsed by a process of its own, which is gone when this settles. Rejects with an `ExtractionFailure`
 * whatever the document did to it, with the signal's reason, or with the document's own error if it cannot be read.
 */
export async function parseInChild(
  task: ChildTask,
  document: AsyncIterable<Uint8Array>,
  { command, signal, log }: { command: Command; signal: AbortSignal; log: Log },
): Promise<Section[]> {
  signal.throwIfAborted()
  const { limits } = task
  // No environment: keys of the server are none of the document's business.
  const child = spawn(command.file, [...command.args, JSON.stringify(task)], {
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
  })
  const closed = once(child, 'close')
  if (child.pid === undefined) return closed.then(unstarted)

  let verdict: unknown
  function kill(reason?: unknown): void {
    verdict ??= reason
    child.kill('SIGKILL')
  }
  const abort = () => kill(signal.reason)
  signal.addEventListener('abort', abort)
  using _ = createWatchdog(child.pid, limits, kill)
  const complaint = lastOf(child.stderr)
  feed(document, child.stdin, limits.bytes).catch(kill)
  try {
    return await readLines(child.stdout, limits)
  } catch (error) {
    kill()
    await closed // only then it has complained of all
    throw verdict ?? reasonOf(error)
  } finally {
    signal.removeEventListener('abort', abort)
    kill() // it has said all; nothing it still does is of use
    await closed
  }

  function reasonOf(error: unknown): unknown {
    if (tellsOutOfMemory(complaint())) return needsTooMuchMemory()
    if (error instanceof ExtractionFailure && error.code === 'server_error') {
      const trace = complaint().match(/^\s+at .*$/gm) ?? [] // without messages, which may quote the document
      log.warn(
        { format: task.format, exit_code: child.exitCode, signal: child.signalCode, trace },
        'document parser failed',
      )
    }
    return error
  }
}

function unstarted(): never {
  throw new Error('The document parser could not be started')
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

/** The last that was said, to look at when all is over. */
function lastOf(stderr: Readable): () => string {
  let text = ''
  stderr.on('data', (chunk) => {
    text = (text + chunk).slice(-8000)
  })
  return () => text
}
