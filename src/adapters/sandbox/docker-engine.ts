import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { SandboxFailure } from '../../ports/sandbox.ts'
import { findProgram } from './find-program.ts'

/** The engine of Docker, or of what takes its place, through its program. */
export interface DockerEngine {
  readonly program: string
  /** What the program says, without the last line break. Rejects with `SandboxFailure`, in its words. */
  ask(...args: readonly string[]): Promise<string>
}

export function findDockerEngine(): DockerEngine {
  const program = findProgram('docker')
  if (!program) throw new SandboxFailure('Docker is not installed: there is no program named docker')
  return { program, ask }

  async function ask(...args: readonly string[]): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)(String(program), args, { env: dockerEnvironment(), timeout: 30_000 })
      return stdout.trimEnd()
    } catch (error) {
      throw new SandboxFailure(`docker ${args[0]} failed: ${complaintOf(error)}`)
    }
  }
}

/** Rejects with `SandboxFailure` when there is no engine that answers, or when it has not got the image. */
export async function checkDockerEngine({ ask }: DockerEngine, image: string): Promise<void> {
  const engine = await ask('version', '--format', '{{.Server.Os}}').catch((error: SandboxFailure) => {
    throw new SandboxFailure(
      `Docker's engine does not answer; is it running, and may this user use it? ${error.message}`,
    )
  })
  if (engine !== 'linux') throw new SandboxFailure(`Docker's engine runs containers of ${engine}, and not of Linux`)
  await ask('image', 'inspect', '--format', '{{.Id}}', image).catch((error: SandboxFailure) => {
    throw new SandboxFailure(
      `Docker has not got the image ${image}: run \`docker pull ${image}\`, or build it. ${error.message}`,
    )
  })
}

/** What the program needs to find its engine; the rest of our environment is not its concern. */
export function dockerEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) =>
    /^(?:PATH|HOME|USERPROFILE|XDG_RUNTIME_DIR|DOCKER_.*)$/.test(name),
  )
  return Object.fromEntries(names.map((name) => [name, process.env[name]]))
}

function complaintOf(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return (said || (error instanceof Error ? error.message : String(error))).split('\n').at(-1)?.slice(0, 300) ?? ''
}
