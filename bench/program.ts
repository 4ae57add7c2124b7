import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** A child process that listens on loopback. */
export interface Program extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  readonly origin: string
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts one of the benchmark's own programs and waits until it says on which port it listens. */
export async function startProgram(file: string, args: string[] = []): Promise<Program> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawnNode([path, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [ready] = await Promise.race([once(child, 'message'), endedEarly(child, file)])
  return asProgram(file, child, `http://127.0.0.1:${(ready as { port: number }).port}`)
}

/** The other side of `startProgram`: listens, says so, and ends with the process that started it. */
export function serve(server: Server): void {
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('disconnect', () => process.exit())
}

export function spawnNode(args: string[], options: Parameters<typeof spawn>[2]): ChildProcess {
  const child = spawn(process.execPath, args, options)
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

export function asProgram(name: string, child: ChildProcess, origin: string): Program {
  if (child.pid === undefined) throw new Error(`${name} did not start`)
  async function stop(signal: NodeJS.Signals = 'SIGTERM') {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await exited
    clearTimeout(patience)
  }
  return { name, pid: child.pid, origin, stop, [Symbol.asyncDispose]: () => stop() }
}

/** Rejects when the child ends; a racer against whatever says that it is ready. */
export async function endedEarly(child: ChildProcess, name: string): Promise<never> {
  const [code, signal] = await once(child, 'exit')
  throw new Error(`${name} ended before it listened (${signal ?? code})`)
}
