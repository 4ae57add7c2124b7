import type { File } from '../api/file.ts'
import type { Now } from '../lib/clock.ts'
import { SandboxFailure, type SandboxSession, type SessionEnd } from '../ports/sandbox.ts'
import type { Transaction } from '../ports/store.ts'
import type { OutputFiles } from '../resources/output-files.ts'
import { type Collected, collectOutputs, type OutputLimits } from './collect-outputs.ts'
import type { PlacedFile } from './placed-files.ts'
import { filesText, type Workspace } from './workspace.ts'

/** What a call has left behind, and what the model has to know of it. */
export interface KeptOutputs {
  readonly written: readonly PlacedFile[]
  readonly notices: readonly string[]
}

/**
 * Makes what a call wrote files of the project, and notes it in the thread's row: in one transaction, or in none when
 * nothing has changed. What a session wrote that is over is lost.
 */
export async function keepOutputs(workspace: Workspace, parts: KeepParts): Promise<KeptOutputs> {
  const collected = await collectAlive(workspace, parts)
  if (!collected) {
    await save(workspace, [], parts)
    return { written: [], notices: ['The session ended: what this call wrote to /mnt/data is lost.'] }
  }
  const { files, listing, removed, notices } = collected
  const gone = new Set(removed)
  const wrote = new Map([...workspace.wrote].filter(([path]) => !gone.has(path)))
  for (const { path, file } of files) wrote.set(path, file.id)
  const recorded = files.map(({ file }) => file)
  workspace.saved = await save({ ...workspace, wrote }, recorded, parts)
  workspace.wrote = wrote
  workspace.listing = listing
  for (const { id } of recorded) {
    workspace.known.add(id)
    workspace.made.add(id)
  }
  return { written: files.map(({ path, file }) => ({ file_id: file.id, path })), notices }
}

export interface KeepParts {
  project: string
  thread_id: string
  /** This one, where there are several. */
  node: string | null
  session: SandboxSession
  outputs: OutputFiles
  limits: OutputLimits
  hold: (tx: Transaction) => Promise<void>
  now: Now
  signal: AbortSignal
}

/** Undefined when the session is over, or ends meanwhile. */
async function collectAlive(workspace: Workspace, parts: KeepParts): Promise<Collected | undefined> {
  if ((await whyOver(parts.session)) !== null) return undefined
  try {
    return await collectOutputs(workspace, parts)
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error
    await parts.session.close() // it is ending already; then it can be told why
    return undefined
  }
}

/** Answers what the thread's row holds now. */
async function save(workspace: Workspace, recorded: readonly File[], parts: KeepParts): Promise<string> {
  const { project, thread_id, node, outputs, hold, now } = parts
  const files = filesText(workspace)
  if (recorded.length === 0 && files === workspace.saved) return files
  await outputs.record(project, recorded, async (tx) => {
    await hold(tx)
    // A thread that was deleted meanwhile leaves nothing but files behind.
    if (await tx.threads.lock(thread_id)) await tx.interpreters.put({ thread_id, files, used_at: now(), node })
  })
  return files
}

/** Why the session is over; null when it is not. */
export async function whyOver(session: SandboxSession): Promise<SessionEnd | null> {
  return Promise.race([session.ended, null])
}
