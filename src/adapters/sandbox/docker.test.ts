import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { noLog, testLimits } from '../../../test/support/sandbox-sessions.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import { createDocker } from './docker.ts'
import { serverMark } from './server-mark.ts'

// No engine: a program in docker's place, which writes down what it is told and runs the container's command itself.
const fakeDocker = `#!/bin/bash
echo "$*" >> "$DOCKER_FAKE/asked"
case "$1" in
  version) [ -e "$DOCKER_FAKE/down" ] && { echo 'Cannot connect to the Docker daemon' >&2; exit 1; }; echo linux ;;
  image) [ "$5" = absent ] && { echo 'Error: No such image' >&2; exit 1; }; echo sha256:1 ;;
  ps) cat "$DOCKER_FAKE/containers" ;;
  inspect) cat "$DOCKER_FAKE/starved" 2>/dev/null || echo false ;;
  kill) kill -9 "$(cat "$DOCKER_FAKE/pid")" ;;
  run) echo $$ > "$DOCKER_FAKE/pid"; exec /bin/cat ;;
esac
`
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
  await writeFile(join(folder, 'docker'), fakeDocker)
  await chmod(join(folder, 'docker'), 0o755)
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
  vi.stubEnv('DOCKER_FAKE', folder)
  vi.stubEnv('SECRET_OF_THE_SERVER', 'secret')
  return () => rm(folder, { recursive: true })
})
afterEach(() => void vi.unstubAllEnvs())

const docker = (image = 'python-with-pandas') =>
  createDocker({ image, limits: testLimits, log: noLog, program: ['-c', 'it'] })

async function asked(command: string): Promise<string[]> {
  const lines = (await readFile(join(folder, 'asked'), 'utf8')).split('\n')
  return lines.filter((line) => line.startsWith(`${command} `))
}

test('a session is a container that may nothing and has little', async () => {
  const started = await docker().start()
  started.stdin.end('a line\n')
  expect(await text(started.stdout)).toBe('a line\n')
  await expect(started.gone).resolves.toEqual({ outOfMemory: false })
  const [run = ''] = await asked('run')
  for (const option of [
    ...['--interactive', '--pull=never', '--network=none', '--read-only', '--cap-drop=ALL', '--user=60590:60590'],
    ...['--security-opt=no-new-privileges', '--memory=516m', '--memory-swap=516m', '--cpus=1', '--pids-limit=66'],
    ...[
      `--label=reprise.sandbox=${serverMark()}`,
      '--tmpfs=/mnt:rw,nosuid,nodev,exec,uid=60590,gid=60590,mode=700,size=3407872',
    ],
  ]) {
    expect(run.split(' ')).toContain(option)
  }
  expect(run).toMatch(/ --entrypoint=python3 python-with-pandas -I -S /)
  expect(run).not.toMatch(/--volume|--mount|-v |--privileged|secret/)
})

test('a session that ended is removed, and one that is killed ends', async () => {
  const started = await docker().start()
  started.stdin.write('here\n')
  await new Promise((resolve) => started.stdout.once('data', resolve))
  started.kill()
  await expect(started.gone).resolves.toEqual({ outOfMemory: false })
  const name = /--name=(\S+)/.exec((await asked('run')).join())?.[1]
  expect(await asked('kill')).toEqual([`kill ${name}`])
  expect(await asked('rm')).toEqual([`rm --force --volumes ${name}`])
})

test('the engine knows whether memory was what a session died of', async () => {
  await writeFile(join(folder, 'starved'), 'true\n')
  const started = await docker().start()
  started.stdin.write('here\n')
  await new Promise((resolve) => started.stdout.once('data', resolve))
  started.kill()
  await expect(started.gone).resolves.toEqual({ outOfMemory: true })
})

test('containers of servers that are gone are removed, and no others', async () => {
  const gone = serverMark().replace(/-\d+-\d+$/, '-4194304-1')
  const lines = [`of-gone ${gone}`, `of-living ${serverMark()}`, 'of-somebody else', 'of-nobody ', '']
  await writeFile(join(folder, 'containers'), lines.join('\n'))
  await docker().tidy()
  expect((await asked('ps')).join()).toContain(`--filter label=reprise.host=${hostname()} `)
  expect(await asked('rm')).toEqual(['rm --force --volumes of-gone'])
})

test('without an engine, an image or the program there is no session, and it says what to do', async () => {
  await expect(docker('absent').start()).rejects.toThrow(/docker pull absent.*No such image/)
  await writeFile(join(folder, 'down'), '')
  await expect(docker().start()).rejects.toThrow(/engine does not answer.*Cannot connect to the Docker daemon/)
  await rm(join(folder, 'docker'))
  vi.stubEnv('PATH', folder)
  await expect(docker().start()).rejects.toThrow(SandboxFailure)
  await expect(docker().start()).rejects.toThrow('Docker is not installed')
})
