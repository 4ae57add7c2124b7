import {
  type CodeEnd,
  type CodePart,
  type Sandbox,
  SandboxFailure,
  type SandboxFile,
  type SandboxKind,
  type SandboxLimits,
  type SandboxSession,
  type SessionEnd,
} from '../../src/ports/sandbox.ts'

/**
 * A sandbox for tests alone, whose language has one command a line:
 *
 * | `print TEXT` | prints the text |
 * | `set NAME VALUE`, `get NAME` | sets and prints a variable, which lasts as long as the session |
 * | `write PATH TEXT`, `fill PATH BYTES` | writes a file with this text, or of this size |
 * | `read PATH`, `remove PATH`, `files` | prints or removes a file, prints all paths |
 * | `show TEXT` | shows a figure, whose bytes are the text |
 * | `raise TEXT`, `timeout`, `output` | ends the call |
 * | `die END` | ends the session, for example with `memory` or `exited` |
 * | `wait NAME` | goes on after `release(NAME)`; a signal that is aborted ends the call first |
 *
 * Whatever else it reads raises a `SyntaxError`.
 */
export class FakeSandbox implements Sandbox {
  readonly kind: SandboxKind = 'bubblewrap'
  readonly limits: SandboxLimits = {
    memoryMegabytes: 512,
    processes: 64,
    cores: 1,
    diskMegabytes: 1,
    seconds: 60,
    outputBytes: 1_000_000,
  }
  /** Every session that was opened, in order. */
  readonly sessions: FakeSession[] = []
  readonly #gates = new Map<string, Gate>()
  readonly #beforeOpen: () => void | Promise<void>

  /** `beforeOpen` runs before each session starts: may wait for something, or reject in its place. */
  constructor({ beforeOpen = () => {} }: { beforeOpen?: () => void | Promise<void> } = {}) {
    this.#beforeOpen = beforeOpen
  }

  async open({ signal, prepare = false }: { signal: AbortSignal; prepare?: boolean }): Promise<FakeSession> {
    signal.throwIfAborted()
    await this.#beforeOpen()
    signal.throwIfAborted()
    const session = new FakeSession(this, { prepared: prepare })
    this.sessions.push(session)
    return session
  }

  async close(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.close()))
  }

  /** The sessions that are not over. */
  get alive(): FakeSession[] {
    return this.sessions.filter(({ over }) => over === undefined)
  }

  /** Resolves when code waits by this name. */
  reached(name: string): Promise<void> {
    return this.gate(name).reached.promise
  }

  /** Lets the code go on that waits, or will wait, by this name. */
  release(name: string): void {
    this.gate(name).released.resolve()
  }

  gate(name: string): Gate {
    const gate = this.#gates.get(name) ?? { reached: Promise.withResolvers(), released: Promise.withResolvers() }
    this.#gates.set(name, gate)
    return gate
  }
}

interface Gate {
  reached: PromiseWithResolvers<void>
  released: PromiseWithResolvers<void>
}

export class FakeSession implements SandboxSession {
  /** Whether it was asked to have the usual packages imported. */
  readonly prepared: boolean
  over: SessionEnd | undefined
  /** The paths of all files that were put, in order. */
  readonly puts: string[] = []
  /** How often its files were listed. */
  lists = 0
  readonly ended: Promise<SessionEnd>
  readonly #end = Promise.withResolvers<SessionEnd>()
  readonly #sandbox: FakeSandbox
  readonly #files = new Map<string, { data: Buffer; version: number }>()
  readonly #aliases = new Map<string, string>()
  readonly #variables = new Map<string, string>()
  #writes = 0

  constructor(sandbox: FakeSandbox, { prepared }: { prepared: boolean }) {
    this.#sandbox = sandbox
    this.prepared = prepared
    this.ended = this.#end.promise
  }

  async *run(code: string, { signal }: { signal: AbortSignal }): AsyncGenerator<CodePart> {
    for (const line of code.split('\n')) {
      signal.throwIfAborted()
      if (this.over !== undefined) break
      const [, command = '', rest = ''] = /^(\S*) ?(.*)$/s.exec(line) ?? []
      const parts = command === 'wait' ? await this.#wait(rest, signal) : this.#carryOut(command, rest)
      for (const part of parts) {
        yield part
        if (part.type === 'end') return
      }
    }
    yield { type: 'end', reason: this.over === undefined ? 'completed' : 'session' }
  }

  async put(path: string, data: AsyncIterable<Uint8Array>, { alias }: { alias?: string } = {}): Promise<void> {
    this.#requireAlive()
    const chunks: Uint8Array[] = []
    for await (const chunk of data) chunks.push(chunk)
    const whole = Buffer.concat(chunks)
    const bytes = [...this.#files].reduce((sum, [each, file]) => sum + (each === path ? 0 : file.data.length), 0)
    if (bytes + whole.length > this.#sandbox.limits.diskMegabytes * 1024 ** 2) throw new SandboxFailure('no room left')
    this.#write(path, whole)
    if (alias !== undefined) this.#aliases.set(alias, path)
    this.puts.push(path)
  }

  async list(): Promise<SandboxFile[]> {
    this.#requireAlive()
    this.lists += 1
    return [...this.#files]
      .map(([path, { data, version }]) => ({ path, bytes: data.length, version: String(version) }))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
      .slice(0, 1000)
  }

  async *get(path: string): AsyncGenerator<Uint8Array> {
    this.#requireAlive()
    const file = this.#files.get(path)
    if (!file) throw new SandboxFailure(`${path} is no file`)
    for (let at = 0; at < file.data.length; at += 65_536) yield file.data.subarray(at, at + 65_536)
  }

  async close(): Promise<void> {
    this.die('closed')
  }

  /** Ends it from outside. */
  die(end: SessionEnd): void {
    if (this.over !== undefined) return
    this.over = end
    this.#end.resolve(end)
  }

  /** What a path or an alias leads to, as text. */
  content(path: string): string | undefined {
    return this.#files.get(this.#aliases.get(path) ?? path)?.data.toString()
  }

  async #wait(name: string, signal: AbortSignal): Promise<CodePart[]> {
    const { reached, released } = this.#sandbox.gate(name)
    const stopped = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => stopped.resolve(), { once: true })
    reached.resolve()
    await Promise.race([released.promise, stopped.promise, this.ended])
    signal.throwIfAborted()
    return []
  }

  #carryOut(command: string, rest: string): CodePart[] {
    const [name = '', value = ''] = split(rest)
    switch (command) {
      case '':
        return []
      case 'print':
        return [logs(rest)]
      case 'set':
        this.#variables.set(name, value)
        return []
      case 'get':
        return this.#known(this.#variables.get(name), `NameError: name '${name}' is not defined`)
      case 'write':
        return this.#write(name, Buffer.from(value))
      case 'fill':
        return this.#write(name, Buffer.alloc(Number(value), 'x'))
      case 'read':
        return this.#known(this.content(name), `FileNotFoundError: '${name}'`)
      case 'remove':
        return this.#files.delete(name) ? [] : raised(`FileNotFoundError: '${name}'`)
      case 'files':
        return [logs([...this.#files.keys()].sort().join(' '))]
      case 'show':
        return [{ type: 'image', format: 'png', data: Buffer.from(rest) }]
      case 'raise':
        return raised(rest)
      case 'timeout':
      case 'output':
        return [end(command)]
      case 'die':
        this.die(sessionEnds.find((each) => each === rest) ?? 'exited')
        return [end('session')]
      default:
        return raised(`SyntaxError: ${command}`)
    }
  }

  #known(text: string | undefined, otherwise: string): CodePart[] {
    return text === undefined ? raised(otherwise) : [logs(text)]
  }

  #write(path: string, data: Buffer): CodePart[] {
    this.#writes += 1
    this.#files.set(this.#aliases.get(path) ?? path, { data, version: this.#writes })
    return []
  }

  #requireAlive(): void {
    if (this.over !== undefined) throw new SandboxFailure('the session is over')
  }
}

const sessionEnds: readonly SessionEnd[] = ['closed', 'exited', 'memory', 'unresponsive', 'protocol']

/** The first word, and what follows it. */
function split(text: string): [string, string] {
  const space = text.indexOf(' ')
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)]
}

function logs(text: string): CodePart {
  return { type: 'logs', text: `${text}\n` }
}

function end(reason: CodeEnd): CodePart {
  return { type: 'end', reason }
}

function raised(text: string): CodePart[] {
  return [logs(`Traceback (most recent call last):\n${text}`), end('raised')]
}
