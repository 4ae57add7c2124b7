import { readFileSync } from 'node:fs'
import { sandboxData } from './environment.ts'
import { seccompProgram } from './seccomp.ts'

/** Folders of a session, in one that lies in memory and is empty at first. */
export const dockerPlaces = { HOME: '/mnt/home', TMPDIR: '/mnt/tmp', MPLCONFIGDIR: '/mnt/home/matplotlib' }

/**
 * The interpreter's arguments that make the folders, add our filter of system calls to the engine's, and then start the
 * program. The engine's machine may be of another architecture than ours; on one that we have no numbers for, its own
 * filter is the only one.
 */
export function dockerLaunch(program: readonly string[]): string[] {
  source ??= readFileSync(new URL('./docker-launcher.py', import.meta.url), 'utf8')
  const seccomp = { x86_64: filter('x64'), aarch64: filter('arm64') }
  const folders = [sandboxData, ...Object.values(dockerPlaces)]
  return ['-I', '-S', '-X', 'utf8', '-c', source, JSON.stringify({ folders, seccomp, program })]
}

let source: string | undefined

function filter(architecture: Parameters<typeof seccompProgram>[0]): string {
  return seccompProgram(architecture).toString('base64')
}
