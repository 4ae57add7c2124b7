import type { Now } from '../lib/clock.ts'
import type { Blobs } from '../ports/blobs.ts'
import type { CodeEnd, CodePart, SandboxSession, SessionEnd } from '../ports/sandbox.ts'
import type { Store, Transaction } from '../ports/store.ts'
import type { OutputFiles } from '../resources/output-files.ts'
import type { OutputLimits } from './collect-outputs.ts'
import { keepOutputs, whyOver } from './keep-outputs.ts'
import type { PlacedFile } from './placed-files.ts'
import { putFiles } from './put-files.ts'
import type { Workspace } from './workspace.ts'

/** Code that a thread's Python is to run. */
export interface CodeCall {
  readonly project: string
  readonly thread_id: string
  readonly code: string
  /** What shall lie in `/mnt/data`. */
  readonly files: readonly PlacedFile[]
  /** Asked in every transaction: rejects when the thread's Python goes on in another process. */
  readonly hold: (tx: Transaction) => Promise<void>
  readonly signal: AbortSignal
}

/** What is shown of a call while it runs; an image is stored as a file, its `path` null where it is a figure. */
export type ShownPart =
  | { readonly type: 'logs'; readonly text: string }
  | { readonly type: 'image'; readonly file_id: string; readonly path: string | null }

/** How a call ended. */
export interface CallEnd {
  readonly reason: CodeEnd
  /** Why the session is over; null when it is not. */
  readonly ended: SessionEnd | null
  /** What the call wrote, stored as files. */
  readonly written: readonly PlacedFile[]
  /** Sentences for the model, about files that are not where they should be. */
  readonly notices: readonly string[]
}

/** As many figures and images does a call show; the original's are fewer. */
const maxImages = 20
const imageName = /\.(png|jpe?g|gif|webp)$/i

/**
 * Runs code in a session: puts the files there that it needs, shows what comes, stores figures at once and what was
 * written when it is over. Its figures are stored one by one, each in a transaction; everything else shares one, and there
 * is none when nothing has changed.
 */
export async function* runCode(
  { project, thread_id, code, files, hold, signal }: CodeCall,
  { session, workspace }: { session: SandboxSession; workspace: Workspace },
  { store, blobs, outputs, limits, node, now }: CodeParts,
): AsyncGenerator<ShownPart, CallEnd> {
  const notices = await putFiles(workspace, files, { session, read: store.read(project), blobs, signal })
  let figures = 0
  let reason: CodeEnd = 'session'
  for await (const part of session.run(code, { signal })) {
    if (part.type === 'end') reason = part.reason
    else if (part.type === 'logs') yield part
    else if (figures++ < maxImages)
      yield { type: 'image', file_id: await keepFigure(project, part, { outputs, hold }), path: null }
  }
  if (figures > maxImages) notices.push(`Only the first ${maxImages} of ${figures} figures are shown.`)
  if (reason === 'session') await session.ended
  const keeping = { project, thread_id, node, session, outputs, limits, hold, now, signal }
  const kept = await keepOutputs(workspace, keeping)
  // Who saves a figure and shows it too means one picture.
  const images = figures === 0 ? kept.written.filter(({ path }) => imageName.test(path)) : []
  for (const { file_id, path } of images.slice(0, maxImages)) yield { type: 'image', file_id, path }
  return { reason, ended: await whyOver(session), written: kept.written, notices: [...notices, ...kept.notices] }
}

export interface CodeParts {
  store: Pick<Store, 'read'>
  blobs: Pick<Blobs, 'read'>
  outputs: OutputFiles
  limits: OutputLimits
  /** This one, where there are several. */
  node: string | null
  now: Now
}

type Figure = Extract<CodePart, { type: 'image' }>

async function keepFigure(
  project: string,
  { format, data }: Figure,
  { outputs, hold }: Pick<CodeParts, 'outputs'> & Pick<CodeCall, 'hold'>,
): Promise<string> {
  const extension = format === 'jpeg' ? 'jpg' : format
  const filename = (id: string) => `${id}.${extension}`
  const file = await outputs.write({ data: once(data), maxBytes: data.byteLength, filename })
  await outputs.record(project, [file], hold)
  return file.id
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data
}
