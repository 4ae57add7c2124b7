import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../lib/log.ts'
import { SandboxFailure, type SandboxLimits, type SandboxSession } from '../../ports/sandbox.ts'
import type { Confinement } from './confinement.ts'
import { createSandbox } from './create-sandbox.ts'
import { type Forbidden, hungryCode, probeCode } from './probe-code.ts'

interface Options {
  readonly create: (limits: SandboxLimits) => Confinement
  readonly limits: SandboxLimits
  readonly log: Log
  readonly signal: AbortSignal
}

export type Probed =
  | { readonly ok: true; readonly python: string; readonly packages: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly reason: string }

/**
 * Opens sessions and tries from within what must not be possible: to reach this machine's files, processes and network,
 * to be more than an ordinary user, to change the system, to take more memory than is allowed. Rejects with the signal's
 * reason once it is aborted.
 */
export async function probe({ create, limits, log, signal }: Options): Promise<Probed> {
  const failed = new AbortController()
  const asked = { log, signal: AbortSignal.any([signal, failed.signal]) }
  const fail = (error: unknown) => failed.abort(error)
  const walls = probeWalls({ ...asked, confinement: create(limits), limits })
  const memory = probeMemory({ ...asked, confinement: create(hungryLimits(limits)), limits: hungryLimits(limits) })
  await Promise.allSettled([walls.catch(fail), memory.catch(fail)]) // both, so that nothing is left running
  signal.throwIfAborted()
  const { reason } = failed.signal
  if (reason instanceof SandboxFailure) return { ok: false, reason: reason.message }
  if (failed.signal.aborted) throw reason
  return { ok: true, ...(await walls) }
}

interface Asked {
  readonly confinement: Confinement
  readonly limits: SandboxLimits
  readonly log: Log
  readonly signal: AbortSignal
}

async function inSession<Result>(asked: Asked, ask: (session: SandboxSession) => Promise<Result>): Promise<Result> {
  const sandbox = createSandbox(asked)
  try {
    return await ask(await sandbox.open(asked))
  } finally {
    await sandbox.close()
  }
}

async function probeWalls(asked: Asked) {
  await using bait = await layBait()
  const text = await inSession(asked, async (session) => {
    let logs = ''
    for await (const part of session.run(probeCode(bait), asked)) if (part.type === 'logs') logs += part.text
    return logs
  })
  const found = parse(text)
  const faults = faultsOf(found)
  if (faults.length > 0) throw new SandboxFailure(`it does not hold: ${faults.join(', ')}`)
  const packages = Object.entries(found.packages).flatMap(([name, version]) => (version ? [[name, version]] : []))
  return { python: found.python, packages: Object.fromEntries(packages) as Record<string, string> }
}

const finding = z.object({
  uid: z.number(),
  capabilities: z.string().nullable(),
  processes: z.number(),
  read: z.array(z.string()),
  written: z.array(z.string()),
  connected: z.array(z.string()),
  kept: z.boolean(),
  python: z.string(),
  packages: z.record(z.string(), z.string().nullable()),
})

function parse(text: string): z.infer<typeof finding> {
  try {
    return finding.parse(JSON.parse(text))
  } catch {
    throw new SandboxFailure(`it does not answer as it should: ${JSON.stringify(text.slice(-500))}`)
  }
}

const mostProcesses = 8 // its own

/** What went through that must not, in words. */
function faultsOf({ uid, capabilities, processes, read, written, connected, kept }: z.infer<typeof finding>): string[] {
  return [
    uid === 0 ? ['code runs as root'] : [],
    /[^0]/.test(capabilities ?? '') ? ['code has capabilities'] : [],
    processes > mostProcesses ? ['code sees the processes of this machine'] : [],
    read.map((path) => `code can read ${path}`),
    written.map((folder) => `code can write to ${folder}`),
    connected.map((name) => `code reaches ${name} over the network`),
    kept ? [] : ['code cannot write files'],
  ].flat()
}

/** Little, so that it is soon too much; a sandbox may need some for itself besides. */
function hungryLimits(limits: SandboxLimits): SandboxLimits {
  return { ...limits, memoryMegabytes: 96, diskMegabytes: 16 }
}

const feastMegabytes = 640

async function probeMemory(asked: Asked): Promise<void> {
  const end = await inSession(asked, async (session) => {
    for await (const part of session.run(hungryCode(feastMegabytes), asked)) {
      if (part.type === 'end' && part.reason !== 'session') return part.reason
    }
    return session.ended
  })
  if (end !== 'memory') throw new SandboxFailure(`it does not hold: code can take more memory than it may (${end})`)
}

/** A file that everyone on this machine can read, and a port where everyone on it can connect. */
async function layBait(): Promise<Forbidden & AsyncDisposable> {
  await using made = new AsyncDisposableStack()
  const folder = made.adopt(await mkdtemp(join(tmpdir(), 'reprise-probe.')), (path) => rm(path, { recursive: true }))
  const file = join(folder, 'bait')
  await writeFile(file, 'Nobody in a sandbox can read this.\n', { mode: 0o644 })
  await chmod(folder, 0o755) // so that nothing but the sandbox is in the way
  const server = made.adopt(
    createServer((socket) => socket.destroy()),
    closeServer,
  )
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const lifetime = made.move()
  return { paths: [folder, file, '/etc/shadow', '/root'], port, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
