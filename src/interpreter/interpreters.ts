import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import type { Blobs } from '../ports/blobs.ts'
import type { Sandbox } from '../ports/sandbox.ts'
import type { Store } from '../ports/store.ts'
import { createOutputFiles } from '../resources/output-files.ts'
import type { OutputLimits } from './collect-outputs.ts'
import { createPlaces, type Places } from './places.ts'
import type { PooledSession } from './pooled-session.ts'
import { type CallEnd, type CodeCall, runCode, type ShownPart } from './run-code.ts'
import { createSessionPool, type PoolSettings } from './session-pool.ts'
import { newWorkspace, type Workspace } from './workspace.ts'

/** The Python of each thread: its variables last while its session is kept, its files as long as the thread. */
export interface Interpreters {
  /** Starts what will be needed soon. Never rejects. */
  prepare(): void
  /**
   * Runs code in the thread's session, which is opened first, or rebuilt with its files when it is gone; one call of a
   * thread at a time. Rejects with `SandboxFailure` when no session can be had, or with the signal's reason.
   */
  run(call: CodeCall): AsyncIterable<InterpreterPart>
  /** Ends the session of a thread that is no more. */
  forget(project: string, thread_id: string): Promise<void>
  /** Ends every session. */
  close(): Promise<void>
}

/** What comes of a call, as it comes; the last part is `end`, always. */
export type InterpreterPart = ShownPart | ({ readonly type: 'end'; readonly fresh: Freshness } & CallEnd)

/** Whether the session was there, is the thread's first, or stands for one that is gone, with its files alone. */
export type Freshness = 'kept' | 'new' | 'rebuilt'

export type InterpreterSettings = PoolSettings

const defaultLimits: OutputLimits = { files: 100, bytes: 256 * 1024 ** 2 }

export function createInterpreters(parts: InterpreterParts): Interpreters {
  const { sandbox, store, settings, log, node = null, limits = defaultLimits } = parts
  const pool = createSessionPool({ sandbox, settings, log })
  const codeParts = { ...parts, node, limits, outputs: createOutputFiles(parts) }
  const threads = new Map<string, Thread>()

  async function* run(call: CodeCall): AsyncGenerator<InterpreterPart> {
    const key = keyOf(call.project, call.thread_id)
    const thread = threads.get(key) ?? { turn: createPlaces(1), python: undefined }
    threads.set(key, thread)
    try {
      await thread.turn.take(call.signal)
      try {
        yield* inTurn(thread, call)
      } finally {
        thread.turn.give()
      }
    } finally {
      tidy(key, thread)
    }
  }

  async function* inTurn(thread: Thread, call: CodeCall): AsyncGenerator<InterpreterPart> {
    const python = await wake(thread, call)
    const { pooled, workspace, fresh } = python
    let left = true // unless this goes on to its end, nobody waits for the code any more
    try {
      const end = yield* runCode(call, { session: pooled.session, workspace }, codeParts)
      left = false
      python.fresh = 'kept'
      yield { type: 'end', ...end, fresh }
    } catch (error) {
      left = false
      throw error
    } finally {
      if (left) await pooled.close()
      else pooled.rest()
    }
  }

  async function wake(thread: Thread, call: CodeCall): Promise<Python> {
    if (node === null && thread.python?.pooled.resume()) return thread.python
    const row = await store.read(call.project).interpreters.get(call.thread_id)
    // A session here that has not seen what the thread has done since on another node is of no more use.
    if (row && row.node !== node) await thread.python?.pooled.close()
    else if (thread.python?.pooled.resume()) return thread.python
    const fresh = row ? 'rebuilt' : 'new'
    const python: Python = { pooled: await pool.take(call.signal), workspace: newWorkspace(row, node), fresh }
    thread.python = python
    void python.pooled.session.ended.then(() => {
      if (thread.python === python) thread.python = undefined
      tidy(keyOf(call.project, call.thread_id), thread)
    })
    return python
  }

  function tidy(key: string, thread: Thread): void {
    if (!thread.python && thread.turn.free() === 1 && threads.get(key) === thread) threads.delete(key)
  }

  async function forget(project: string, thread_id: string): Promise<void> {
    await threads.get(keyOf(project, thread_id))?.python?.pooled.close()
  }

  return { prepare: pool.prepare, run, forget, close: pool.close }
}

interface Thread {
  /** One place: for the call that is under way. */
  readonly turn: Places
  python: Python | undefined
}

interface Python {
  readonly pooled: PooledSession
  readonly workspace: Workspace
  /** What its next call has to be told: a call that was broken off has told nobody. */
  fresh: Freshness
}

interface InterpreterParts {
  sandbox: Pick<Sandbox, 'open'>
  store: Pick<Store, 'read' | 'transaction'>
  blobs: Blobs
  newId: NewId
  now: Now
  log: Log
  settings: InterpreterSettings
  /** The id of this node, where there are several. */
  node?: string | undefined
  /** What one call may leave behind: 100 files, 256 MiB together. */
  limits?: OutputLimits
}

function keyOf(project: string, thread_id: string): string {
  return JSON.stringify([project, thread_id])
}
