import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Log } from '../../lib/log.ts'
import type { SandboxLimits } from '../../ports/sandbox.ts'
import type { ConfinedProcess, Confinement } from './confinement.ts'
import { checkDockerEngine, type DockerEngine, dockerEnvironment, findDockerEngine } from './docker-engine.ts'
import { dockerLaunch, dockerPlaces } from './docker-launch.ts'
import { driverArguments } from './driver-source.ts'
import { sandboxData, sandboxEnvironment } from './environment.ts'
import { isOfDeadServer, serverMark } from './server-mark.ts'
import { spawnConfined } from './spawn-confined.ts'

interface Options {
  /** Has to hold `python3`, on its PATH; that is the one that runs. */
  readonly image?: string
  readonly limits: SandboxLimits
  readonly log: Log
  /** Arguments of the interpreter; the driver's, unless something else is to run. */
  readonly program?: readonly string[]
}

/**
 * A container for each session, by Docker's engine: no network, a read-only system, no capabilities, and two
 * filters of system calls, the engine's and ours. As strong as that engine; of what it adds, user namespaces or gVisor as its runtime, we know
 * nothing. A container of a killed server ends as its input does; the next one removes what is left. Containers do
 * not remove themselves, so that it can be asked why they ended.
 */
export function createDocker(options: Options): Confinement {
  const { image = defaultImage, limits, log, program = driverArguments({ limits, data: sandboxData }) } = options
  let found: Promise<DockerEngine> | undefined

  /** Looked for once; again after a failure, which may have been mended. */
  function engine(): Promise<DockerEngine> {
    found ??= findEngine(image).catch((error) => {
      found = undefined
      throw error
    })
    return found
  }

  async function start(): Promise<ConfinedProcess> {
    const docker = await engine()
    const name = `reprise-${randomUUID()}`
    const owned = new AsyncDisposableStack()
    owned.defer(() => removeContainer(docker, name))
    const started = await spawnConfined({
      command: [docker.program, ...runArguments({ name, image, limits }), ...dockerLaunch(program)],
      environment: dockerEnvironment(),
      ranOutOfMemory: async (code) => (code ?? killedCode) === killedCode && (await starved(docker, name)),
      owned,
      log,
    })
    return { ...started, kill: () => void killContainer(docker, name).finally(started.kill) }
  }

  async function tidy(): Promise<void> {
    const docker = await engine()
    const ours = ['--filter', `label=${hostLabel}=${hostname()}`]
    const said = await docker.ask('ps', '--all', ...ours, '--format', `{{.Names}} {{.Label "${serverLabel}"}}`)
    const names = said
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, mark = '']) => isOfDeadServer(mark))
    for (const [name = ''] of names) await removeContainer(docker, name)
    if (names.length > 0) log.info({ sessions: names.length }, 'sandboxes of a killed server removed')
  }
  return { kind: 'docker', start, tidy }
}

const defaultImage = 'python:3-slim'

/** How the program ends when the first process of its container was killed; null when it was killed itself. */
const killedCode = 128 + 9

async function findEngine(image: string): Promise<DockerEngine> {
  const docker = findDockerEngine()
  await checkDockerEngine(docker, image)
  return docker
}

/** Whether the kernel killed any of it; a container that never came did not starve. */
async function starved({ ask }: DockerEngine, name: string): Promise<boolean> {
  return (await ask('inspect', '--format', '{{.State.OOMKilled}}', name).catch(() => 'false')) === 'true'
}

/** Its program ends with it. It may be gone already, or not be there yet: then its input ends, and it with that. */
async function killContainer({ ask }: DockerEngine, name: string): Promise<void> {
  await ask('kill', name).catch(() => {})
}

/** It may be gone, or be going, already. */
async function removeContainer({ ask }: DockerEngine, name: string): Promise<void> {
  await ask('rm', '--force', '--volumes', name).catch((error: Error) => {
    if (!/no such container|already in progress/i.test(error.message)) throw error
  })
}

const serverLabel = 'reprise.sandbox'

/** Servers on several machines may share an engine, and know only of their own whether they live. */
const hostLabel = 'reprise.host'

function runArguments({ name, image, limits }: { name: string; image: string; limits: SandboxLimits }): string[] {
  const environment = { ...sandboxEnvironment({ python: '/usr/local/bin/python3', limits }), ...dockerPlaces }
  return [
    ...['run', '--interactive', '--pull=never', '--init', `--name=${name}`, '--hostname=sandbox'],
    ...[`--label=${serverLabel}=${serverMark()}`, `--label=${hostLabel}=${hostname()}`, '--log-driver=none'],
    ...[
      '--network=none',
      '--read-only',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      `--user=${user}:${user}`,
    ],
    ...limitArguments(limits),
    ...Object.entries(environment).map(([variable, value]) => `--env=${variable}=${value}`),
    ...['--workdir=/mnt', '--entrypoint=python3', image],
  ]
}

/** Files lie in memory, and count as such. Processes are counted for the container: its user has other ones, too. */
function limitArguments({ memoryMegabytes, diskMegabytes, processes, cores }: SandboxLimits): string[] {
  const memory = Math.ceil(memoryMegabytes + diskMegabytes)
  const [temporary, shared] = [diskMegabytes / 8, diskMegabytes / 16].map(bytes)
  const files = bytes((diskMegabytes * 13) / 16)
  return [
    ...[`--memory=${memory}m`, `--memory-swap=${memory}m`, `--cpus=${cores}`, `--pids-limit=${processes + 2}`],
    ...[`--tmpfs=/mnt:${tmpfs},size=${files}`, `--tmpfs=/tmp:${tmpfs},size=${temporary}`, `--shm-size=${shared}`],
    ...['--ulimit=core=0', '--ulimit=nofile=512', '--ulimit=memlock=0', `--ulimit=fsize=${bytes(diskMegabytes)}`],
    `--ulimit=data=${bytes(memoryMegabytes + 128)}`,
  ]
}

/** Nobody's on any machine, should a process get out: above what systemd gives away (systemd.io/UIDS-AND-GIDS). */
const user = 60_590

/** The user's own: runc gives a folder in memory the mode of the one in the image, root's, that it is mounted over. */
const tmpfs = `rw,nosuid,nodev,exec,uid=${user},gid=${user},mode=700`

function bytes(megabytes: number): number {
  return Math.max(4096, Math.floor(megabytes * 1024 ** 2))
}
