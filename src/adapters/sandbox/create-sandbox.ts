import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../../lib/log.ts'
import { type Sandbox, SandboxFailure, type SandboxLimits, type SandboxSession } from '../../ports/sandbox.ts'
import type { ConfinedProcess, Confinement } from './confinement.ts'
import { prepareLine, startLine } from './driver-lines.ts'
import { createDriverLink, type DriverLink } from './driver-link.ts'
import { createSession } from './session.ts'

export interface SandboxOptions {
  readonly confinement: Confinement
  readonly limits: SandboxLimits
  readonly log: Log
}

const startSeconds = 30
const prepareSeconds = 60
/** Who is gone has complained already; this is for what is still on its way. */
const complaintMs = 500

/** A sandbox on any confinement: what runs in it is the driver, and what the driver says is checked here. */
export function createSandbox({ confinement, limits, log }: SandboxOptions): Sandbox {
  const { kind } = confinement
  const closing = new AbortController()
  const links = new Set<DriverLink>()
  const opening = new Set<Promise<unknown>>()
  let tidied: Promise<void> | undefined

  function open({ signal, prepare = false }: { signal: AbortSignal; prepare?: boolean }): Promise<SandboxSession> {
    const opened = openSession(AbortSignal.any([signal, closing.signal]), { prepare })
    opening.add(opened)
    const settled = () => opening.delete(opened)
    opened.then(settled, settled)
    return opened
  }

  async function openSession(signal: AbortSignal, { prepare }: { prepare: boolean }): Promise<SandboxSession> {
    signal.throwIfAborted()
    tidied ??= confinement.tidy()
    await tidied
    signal.throwIfAborted()
    const process = await confinement.start()
    const complaint = lastOf(process.stderr)
    const link = keep(process)
    const abort = () => link.end('closed')
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    try {
      const isReady = (await starts(link)) && (!prepare || (await prepares(link)))
      if (isReady && !signal.aborted) return createSession(link, limits)
    } finally {
      signal.removeEventListener('abort', abort)
    }
    const end = await link.ended
    signal.throwIfAborted()
    throw new SandboxFailure(notStarted(kind, end === 'unresponsive', await complaint()))
  }

  function keep(process: ConfinedProcess): DriverLink {
    const link = createDriverLink(process, { kind, log })
    links.add(link)
    void link.ended.then((end) => {
      links.delete(link)
      log.debug({ sandbox: kind, end }, 'sandbox session ended')
    })
    return link
  }

  async function starts(link: DriverLink): Promise<boolean> {
    const started = link.begin(() => undefined, { lines: startLine, patienceSeconds: startSeconds })
    return (await started.next()) !== undefined
  }

  async function prepares(link: DriverLink): Promise<boolean> {
    const command = (id: number) => ({ do: 'prepare', id }) as const
    const prepared = await link.begin(command, { lines: prepareLine, patienceSeconds: prepareSeconds }).next()
    if (prepared !== undefined && prepared.missing.length > 0) {
      log.debug({ sandbox: kind, missing: prepared.missing }, 'sandbox lacks Python packages')
    }
    return prepared !== undefined
  }

  async function close(): Promise<void> {
    closing.abort(new SandboxFailure('The sandbox is closed'))
    for (const link of links) link.end('closed')
    await Promise.allSettled([...opening, ...[...links].map((link) => link.ended)])
  }
  return { kind, limits, open, close }
}

function notStarted(kind: string, slow: boolean, complaint: string): string {
  const what = slow
    ? `Python did not start in time in the sandbox (${kind})`
    : `Python did not start in the sandbox (${kind})`
  return complaint === '' ? what : `${what}: ${complaint}`
}

/** The last that was said, in one line that can be shown. */
function lastOf(stderr: Readable): () => Promise<string> {
  let text = ''
  const all = finished(stderr).catch(() => {}) // what it said before counts
  stderr.on('data', (chunk) => {
    text = (text + chunk).slice(-2000)
  })
  return async () => {
    await Promise.race([all, setTimeout(complaintMs, undefined, { ref: false })])
    return text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  }
}
