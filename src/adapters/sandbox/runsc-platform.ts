import { text } from 'node:stream/consumers'
import { SandboxFailure } from '../../ports/sandbox.ts'
import type { ConfinedProcess } from './confinement.ts'

/** How gVisor catches system calls. The newer is the faster; old releases know only the second. */
const platforms = ['systrap', 'ptrace'] as const
export type Platform = (typeof platforms)[number]

/** Starts Python with these arguments on a platform. */
type Trial = (platform: Platform, args: readonly string[]) => Promise<ConfinedProcess>

/**
 * The first platform on which a program really runs. KVM is not among them: it needs a device and the right to it, and
 * hangs on machines that are virtual themselves.
 */
export async function choosePlatform(start: Trial): Promise<Platform> {
  const complaints: string[] = []
  for (const platform of platforms) {
    const complaint = await whyNot(await start(platform, ['-I', '-c', `print('${greeting}')`]))
    if (complaint === undefined) return platform
    complaints.push(`with ${platform}, ${complaint}`)
  }
  throw new SandboxFailure(`gVisor does not run here: ${complaints.join('; ')}`)
}

const greeting = 'gVisor runs'
const patienceMs = 20_000

async function whyNot({ stdin, stdout, stderr, gone, kill }: ConfinedProcess): Promise<string | undefined> {
  const timeout = setTimeout(kill, patienceMs)
  stdin.end()
  const [said, complaints] = await Promise.all([text(stdout), text(stderr)])
  await gone
  clearTimeout(timeout)
  return said.trim() === greeting ? undefined : lastLine(complaints)
}

function lastLine(complaints: string): string {
  const last = complaints.trim().split('\n').at(-1)?.slice(0, 300)
  return last ? `it said "${last}"` : 'it said nothing'
}
