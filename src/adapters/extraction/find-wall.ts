import { text } from 'node:stream/consumers'
import { findProgram } from '../sandbox/find-program.ts'
import { seccompProgram } from '../sandbox/seccomp.ts'
import { canWatchTrees } from '../sandbox/watchdog.ts'
import { childCommand, childFiles } from './child-command.ts'
import type { ChildTask } from './child-lines.ts'
import { defaultLimits } from './limits.ts'
import type { StartParser } from './parser-process.ts'
import { createRootsWall, createWall, type WallParts } from './wall.ts'

/** `reason` is for people, and has no full stop. */
export type FoundWall = { readonly start: StartParser } | { readonly start: null; readonly reason: string }

/**
 * Something to start parsers in that keeps them from the rest of this machine. Found out by having a document parsed in
 * it, since only that tells. Rejects with the signal's reason.
 */
export async function findWall({ signal }: { signal: AbortSignal }): Promise<FoundWall> {
  const parts = await findParts()
  if (typeof parts === 'string') return { start: null, reason: parts }
  let reason = ''
  for (const create of process.getuid?.() === 0 ? [createRootsWall, createWall] : [createWall]) {
    const start = create(parts)
    const fault = await faultOf(start, signal)
    if (fault === undefined) return { start }
    reason = fault
  }
  return { start: null, reason }
}

/** Or why there is no use in trying. */
async function findParts(): Promise<WallParts | string> {
  const { platform, arch } = process
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return 'bubblewrap is for Linux on x86-64 or arm64'
  const bwrap = findProgram('bwrap')
  if (!bwrap) return 'bubblewrap is not installed'
  const setpriv = findProgram('setpriv')
  if (!setpriv) return 'util-linux, of which it needs setpriv, is not installed'
  if (!(await canWatchTrees())) return 'the kernel does not tell which processes belong to a parser'
  return { bwrap, setpriv, files: await childFiles(), filter: seccompProgram(arch) }
}

const patienceMs = 30_000

/** What went wrong, in the words of whatever did. */
async function faultOf(start: StartParser, signal: AbortSignal): Promise<string | undefined> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const { said, complaint } = await tryOut(start, stop).catch((error) => ({ said: '', complaint: String(error) }))
  signal.throwIfAborted()
  if (said.includes(tried)) return undefined
  return stop.aborted ? 'it takes too long to start' : complaint.trim().split('\n', 1).join('')
}

const tried = 'It stands.'

async function tryOut(start: StartParser, stop: AbortSignal) {
  const task: ChildTask = { format: 'html', extension: '.html', limits: defaultLimits }
  const parser = await start([...(await childCommand(defaultLimits)), JSON.stringify(task)], defaultLimits)
  stop.addEventListener('abort', parser.kill)
  if (stop.aborted) parser.kill()
  parser.stdin.end(`<p>${tried}</p>`)
  const [said, complaint] = await Promise.all([text(parser.stdout), text(parser.stderr), parser.gone])
  stop.removeEventListener('abort', parser.kill)
  return { said, complaint }
}
