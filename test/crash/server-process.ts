import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
const startTimeoutMs = 20_000

/** A server as people run it: a process of its own that can be killed. */
export interface ServerProcess {
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

/** Starts `reprise serve` and waits until it answers. Rejects with what it printed when it does not come up. */
export async function startProcess(port: number, env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { PATH: process.env.PATH, REPRISE_PORT: String(port), REPRISE_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  child.stderr.on('data', (chunk) => (printed += chunk))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  await Promise.race([
    answers(port),
    ended.then((code) => {
      throw new Error(`the server ended with ${code}:\n${printed}`)
    }),
  ])
  return { kill: (signal) => endWith(child, signal, ended) }
}

async function endWith(child: ChildProcess, signal: NodeJS.Signals, ended: Promise<number | null>) {
  child.kill(signal)
  return ended
}

async function answers(port: number): Promise<void> {
  const until = Date.now() + startTimeoutMs
  while (Date.now() < until) {
    const reply = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (reply?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`nothing answers on port ${port}`)
}
