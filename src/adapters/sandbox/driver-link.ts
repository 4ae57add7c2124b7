import { finished } from 'node:stream/promises'
import type { z } from 'zod'
import type { Log } from '../../lib/log.ts'
import type { SandboxKind, SessionEnd } from '../../ports/sandbox.ts'
import type { ConfinedProcess } from './confinement.ts'
import { type DriverCommand, lastLines, longestLine } from './driver-lines.ts'
import { createInbox } from './inbox.ts'
import { createLineSplitter } from './split-lines.ts'

/** The way to a driver and back. Every line of it is a stranger's: one that was not asked for ends the session. */
export interface DriverLink {
  /** Asks for something. One exchange at a time; over as soon as the session is. */
  begin<Line extends DriverLine>(
    command: (id: number) => DriverCommand | undefined,
    options: ExchangeOptions<Line>,
  ): Exchange<Line>
  /** Resolves when there is room for more, or when the session is over. */
  send(command: DriverCommand): Promise<void>
  /** Kills all that runs in it. The first verdict stands. */
  end(verdict: SessionEnd): void
  readonly over: boolean
  readonly ended: Promise<SessionEnd>
}

export interface DriverLine {
  readonly say: string
  readonly id: number
}

export interface ExchangeOptions<Line> {
  readonly lines: z.ZodType<Line>
  /** How long it may keep us waiting, all waits together, before the session is killed; forever when not given. */
  readonly patienceSeconds?: number
  /** Sees each line as it arrives, long before it is taken; throws to end the session. */
  readonly arrive?: (line: Line) => void
  /** One line of two that wait beside each other, if they go together. */
  readonly join?: (first: Line, second: Line) => Line | undefined
}

export interface Exchange<Line> extends AsyncIterable<Line> {
  /** The next line; undefined after the last, or when the session is over. */
  next(): Promise<Line | undefined>
  /** From now on lines are read as fast as they come. */
  hurry(): void
  /** As `hurry`, and they are dropped. */
  discard(): void
  /** Drops what comes, up to the last line. */
  finish(): Promise<void>
}

/** Lines that wait to be taken; with more, the driver waits. */
const mostWaitingBytes = 4 * 1024 * 1024
const sendPatienceSeconds = 30

export function createDriverLink(process: ConfinedProcess, { kind, log }: { kind: SandboxKind; log: Log }): DriverLink {
  const { stdin, stdout } = process
  let verdict: SessionEnd | undefined
  let isGone = false
  let over = false
  let ids = 0
  let current: { receive(line: Buffer): boolean; hurry(): void; close(): void } | undefined

  const split = createLineSplitter(longestLine, (line) => {
    if (current === undefined) throw new Error('A line that nobody asked for')
    if (current.receive(line)) current = undefined
  })
  stdin.on('error', () => {}) // it is gone; `ended` tells
  stdout.on('data', (chunk: Buffer) => {
    if (verdict !== undefined) return
    try {
      split(chunk)
    } catch (error) {
      log.warn({ sandbox: kind, reason: String(error) }, 'sandbox session broke the protocol')
      end('protocol')
    }
  })
  const silent = finished(stdout, { writable: false }).catch(() => {}) // destroyed, or broken: silent either way
  void silent.then(kill)
  const ended = lastsUntil()

  async function lastsUntil(): Promise<SessionEnd> {
    const { outOfMemory } = await process.gone
    isGone = true
    current?.hurry()
    const cut = setTimeout(() => stdout.destroy(), 1000) // held open by nobody whom we could name
    await silent
    clearTimeout(cut)
    over = true
    stdin.destroy()
    current?.close()
    return verdict ?? (outOfMemory ? 'memory' : 'exited')
  }

  function end(reason: SessionEnd): void {
    if (over || verdict !== undefined) return
    verdict = reason
    stdout.destroy()
    kill()
  }

  function kill(): void {
    if (!isGone) process.kill()
  }

  async function send(command: DriverCommand): Promise<void> {
    if (over || stdin.destroyed || stdin.write(`${JSON.stringify(command)}\n`)) return
    using _ = patience(sendPatienceSeconds)
    await drained(stdin)
  }

  function patience(seconds: number | undefined): Disposable {
    const timer = seconds === undefined ? undefined : setTimeout(() => end('unresponsive'), seconds * 1000)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  }

  function begin<Line extends DriverLine>(
    command: (id: number) => DriverCommand | undefined,
    { lines, patienceSeconds, arrive, join }: ExchangeOptions<Line>,
  ): Exchange<Line> {
    if (current !== undefined && !over) throw new Error('One exchange at a time')
    const id = ids++
    const inbox = createInbox<Line>(stdout, { mostBytes: mostWaitingBytes, join })
    let left = patienceSeconds

    function receive(bytes: Buffer): boolean {
      const line = parse(bytes, lines)
      if (line?.id !== id) throw new Error('Not a line that could follow')
      arrive?.(line)
      inbox.put(line, bytes.length)
      const isLast = lastLines.has(line.say)
      if (isLast) inbox.close()
      return isLast
    }

    async function next(): Promise<Line | undefined> {
      const started = performance.now()
      using _ = patience(left)
      const line = await inbox.take()
      if (left !== undefined) left -= (performance.now() - started) / 1000
      return line
    }

    async function* all(): AsyncGenerator<Line> {
      for (let line = await next(); line !== undefined; line = await next()) yield line
    }

    async function finish(): Promise<void> {
      inbox.discard()
      await next()
    }

    if (over) inbox.close()
    else current = { receive, hurry: inbox.hurry, close: inbox.close }
    const asked = command(id)
    if (asked !== undefined) void send(asked)
    return { next, hurry: inbox.hurry, discard: inbox.discard, finish, [Symbol.asyncIterator]: all }
  }

  return {
    begin,
    send,
    end,
    ended,
    get over() {
      return over
    },
  }
}

function parse<Line>(bytes: Buffer, lines: z.ZodType<Line>): Line | undefined {
  return lines.safeParse(readJson(bytes.toString())).data
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no schema allows it
  }
}

/** Resolves when there is room again, or when nobody reads any more. */
function drained(stdin: ConfinedProcess['stdin']): Promise<void> {
  return new Promise((resolve) => {
    if (stdin.closed) return resolve()
    function done(): void {
      stdin.off('drain', done).off('close', done)
      resolve()
    }
    stdin.on('drain', done).on('close', done)
  })
}
