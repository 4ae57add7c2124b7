import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createSandbox } from '../../src/adapters/sandbox/create-sandbox.ts'
import type { CodeEnd, CodePart, SandboxLimits, SandboxSession } from '../../src/ports/sandbox.ts'
import { unconfinedPython } from './unconfined-python.ts'

export const hasPython = existsSync('/usr/bin/python3')
export const hasMatplotlib = hasPython && spawnSync('/usr/bin/python3', ['-I', '-c', 'import matplotlib']).status === 0

export const testLimits: SandboxLimits = {
  memoryMegabytes: 512,
  processes: 64,
  cores: 1,
  diskMegabytes: 4,
  seconds: 10,
  outputBytes: 100_000,
}

export const never = new AbortController().signal
export const noLog = { debug() {}, info() {}, warn() {}, error() {} }

/** A session of plain Python, closed by `await using`; `folder` is its `/mnt/data`, seen from outside. */
export async function openUnconfined(some: Partial<SandboxLimits> = {}) {
  const limits = { ...testLimits, ...some }
  const confinement = unconfinedPython({ limits })
  const sandbox = createSandbox({ confinement, limits, log: noLog })
  const session = await sandbox.open({ signal: never })
  const [folder = ''] = confinement.folders
  return {
    session,
    folder,
    /** Runs code to its end. */
    do: (code: string) => outcomeOf(session.run(code, { signal: never })),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

export interface Outcome {
  /** All that was printed. */
  readonly logs: string
  readonly images: readonly { format: string; data: Uint8Array }[]
  /** What came in which order: one word a part, neighbours of a kind as one. */
  readonly order: string
  readonly end: CodeEnd
}

/** All that a call showed; throws when it does not end properly. */
export async function outcomeOf(parts: AsyncIterable<CodePart>): Promise<Outcome> {
  const all = await collect(parts)
  const last = all.pop()
  if (last?.type !== 'end') throw new Error('The last part is no end')
  const logs = all.flatMap((part) => (part.type === 'logs' ? [part.text] : [])).join('')
  const images = all.filter((part) => part.type === 'image')
  const kinds = all.map((part) => part.type)
  const order = kinds.filter((kind, index) => kind !== kinds[index - 1]).join(' ')
  return { logs, images, order, end: last.reason }
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Runs code, up to the first thing it shows. */
export async function firstPartOf(session: SandboxSession, code: string, signal = never) {
  const parts = session.run(code, { signal })[Symbol.asyncIterator]()
  return { first: await parts.next(), parts }
}
