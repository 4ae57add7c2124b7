import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const patience = 10_000

/** Whether the program is there and these arguments make it succeed. */
export function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return promisify(execFile)(program, [...args], { timeout: patience }).then(
    () => true,
    () => false,
  )
}

/** Runs a program to its end, before the eyes of whoever waits; null when it succeeds, else how it ended. */
export function runProgram(command: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(message))
    child.once('exit', (code, signal) => resolve(code === 0 ? null : `it ended with ${signal ?? `exit code ${code}`}`))
  })
}
