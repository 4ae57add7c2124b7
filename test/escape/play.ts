import { setInterval as ticks } from 'node:timers/promises'
import type { CodeEnd, SandboxFile, SandboxLimits, SandboxSession } from '../../src/ports/sandbox.ts'
import { SandboxFailure } from '../../src/ports/sandbox.ts'
import type { Attempt, Outcome } from './attempt.ts'
import { megabytesOf, processesOfSandboxes } from './traces.ts'

/** Runs an attempt and then asks for everything that a server would ask for. */
export async function play(session: SandboxSession, limits: SandboxLimits, attempt: Attempt): Promise<Outcome> {
  const watched = await watchMemory()
  const shown = await run(session, attempt.code)
  const files = attempt.asksNothing ? null : await listed(session)
  const contents = new Map<string, Buffer | null>()
  for (const path of [...(files ?? []).slice(0, mostRead).map((file) => file.path), ...(attempt.asks ?? [])]) {
    contents.set(path, await read(session, path))
  }
  const placed = new Map<string, boolean>()
  for (const path of attempt.puts ?? []) placed.set(path, await put(session, path))
  for (const path of attempt.puts ?? []) contents.set(path, await read(session, path))
  const after = await run(session, '20 + 3')
  const ended = await Promise.race([session.ended, Promise.resolve(undefined)])
  const peakMegabytes = await watched.stop()
  return { limits, ...shown, peakMegabytes, files, contents, placed, answersAfter: after.logs === '23\n', ended }
}

const mostRead = 50

/** What a call shows, and how long it takes. */
export async function run(session: SandboxSession, code: string) {
  const started = performance.now()
  let logs = ''
  let images = 0
  let end: CodeEnd | undefined
  for await (const part of session.run(code, { signal: new AbortController().signal })) {
    if (part.type === 'logs') logs += part.text
    if (part.type === 'image') images += 1
    if (part.type === 'end') end = part.reason
  }
  if (end === undefined) throw new Error('A call without an end')
  return { logs, images, end, seconds: (performance.now() - started) / 1000 }
}

async function listed(session: SandboxSession): Promise<SandboxFile[] | null> {
  return session.list().catch(nullIfFailed)
}

async function read(session: SandboxSession, path: string): Promise<Buffer | null> {
  return bytesOf(session.get(path)).catch(nullIfFailed)
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

async function put(session: SandboxSession, path: string): Promise<boolean> {
  const went = await session.put(path, content()).then(() => true, nullIfFailed)
  return went ?? false
}

async function* content() {
  yield Buffer.from('put from outside')
}

function nullIfFailed(error: unknown): null {
  if (error instanceof SandboxFailure) return null
  throw error
}

/** Looks every now and then how much memory the sandboxes have. */
async function watchMemory() {
  const before = await megabytesOf(await processesOfSandboxes())
  let most = before
  const over = new AbortController()
  async function look() {
    for await (const _ of ticks(200, undefined, { signal: over.signal })) {
      most = Math.max(most, await megabytesOf(await processesOfSandboxes()))
    }
  }
  const looking = look().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
  async function stop() {
    over.abort()
    await looking
    return most - before
  }
  return { stop }
}
