import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ensureDocker } from '../../scripts/ensure-docker.ts'
import { type Missing, missing } from '../../scripts/missing-part.ts'
import { runCommand } from '../../scripts/run-command.ts'
import { importImage } from './docker-image.ts'

interface OpenedDocker extends AsyncDisposable {
  /** The one that it has: Python, and no packages. */
  readonly image: string
}

/**
 * An engine with an image, for this process and what it starts: the one that runs, or one of our own, in a folder of its
 * own, that leaves nothing. Where it may not start, as in containers without privileges, it is missing even with `CI=true`.
 */
export async function openDocker(): Promise<OpenedDocker | Missing> {
  const parts = await ensureDocker()
  if ('missing' in parts) return parts
  await using made = new AsyncDisposableStack()
  if (!parts.isRunning) {
    const engine = await startEngine()
    if (engine instanceof Error) return missing(`Docker's engine: ${engine.message}`)
    made.use(engine)
    const before = process.env.DOCKER_HOST
    process.env.DOCKER_HOST = engine.host
    made.defer(() => restore('DOCKER_HOST', before))
  }
  const image = `reprise-tests:${process.pid}`
  await importImage(image)
  made.defer(async () => void (await runCommand('docker', ['image', 'rm', '--force', image])))
  const lifetime = made.move()
  return { image, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

/** What the names of engines' folders begin with. */
export const engineFolder = 'reprise-docker-'

/** Without a network of its own: nothing of the machine's is changed. It ends with this process, however that ends. */
async function startEngine(): Promise<({ readonly host: string } & AsyncDisposable) | Error> {
  const folder = await mkdtemp(join(tmpdir(), engineFolder))
  const host = `unix://${folder}/socket`
  const places = [
    `--data-root=${folder}/data`,
    `--exec-root=${folder}/exec`,
    `--pidfile=${folder}/pid`,
    `--host=${host}`,
  ]
  const alone = ['--bridge=none', '--iptables=false', '--ip-forward=false', `--cgroup-parent=/${basename(folder)}`]
  // Other kinds of storage copy the image for each container.
  const args = ['--pdeathsig', 'TERM', 'dockerd', ...places, ...alone, '--storage-driver=overlay2']
  const child = spawn('/usr/bin/setpriv', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  const ready = new Promise<boolean>((resolve) => {
    child.once('exit', () => resolve(false)).once('error', () => resolve(false))
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-4000)
      if (said.includes(`API listen on ${folder}/socket`)) resolve(true)
    })
  })
  async function stop() {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
    for (const group of globSync(`/sys/fs/cgroup/{,*/}${basename(folder)}`)) await rmdir(group)
    await rm(folder, { recursive: true })
  }
  if (await ready) return { host, [Symbol.asyncDispose]: stop }
  await stop()
  return new Error(said.trim().split('\n').at(-1))
}
