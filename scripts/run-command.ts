import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Runs a program to its end, ten minutes at the most, and answers what it printed. Rejects, with the last lines of what
 * it complained about, when it is not there or does not succeed.
 */
export async function runCommand(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { env: { ...process.env, ...env }, timeout: 600_000, maxBuffer: 64 * 1024 * 1024 }
  try {
    const { stdout } = await promisify(execFile)(program, [...args], options)
    return stdout
  } catch (error) {
    const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string }
    const complaint = (stderr || stdout || message).trim().split('\n').slice(-5).join('\n')
    throw new Error(`${program} ${args.join(' ')}: ${complaint}`, { cause: error })
  }
}

/** Whether the program is there and these arguments make it succeed. */
export async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return runCommand(program, args).then(
    () => true,
    () => false,
  )
}
