import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Environment, readConfig } from '../../config.ts'
import { runProgram } from './run-program.ts'
import { type SetupSystem, setupSandbox } from './setup-sandbox.ts'

const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
const pythonPackages = 'python3 python3-numpy python3-pandas python3-matplotlib python3-openpyxl'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

interface Circumstances extends Partial<SetupSystem> {
  yes?: boolean
  env?: Environment
  /** What is not there, by name; without it everything. */
  lacks?: string[]
}

/** What it prints and complains about on a machine where nothing is there, and its exit code. */
async function setup({ yes = false, env = {}, lacks, ...system }: Circumstances = {}) {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const complaint = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const code = await setupSandbox(readConfig(env).sandbox, {
    yes,
    system: {
      linux: true,
      osRelease: debian,
      root: true,
      missing: async (parts) => parts.filter(({ name }) => lacks === undefined || lacks.includes(name)),
      run: async (command) => expect.unreachable(`${command.join(' ')} was run`),
      attempt: async () => ({ started: true, label: 'bubblewrap, Python 3.11' }),
      ...system,
    },
  })
  const outcome = { printed: stripVTControlCharacters(written(printed)), complaint: written(complaint), code }
  vi.restoreAllMocks()
  return outcome
}

function written({ mock }: { mock: { calls: unknown[][] } }): string {
  return mock.calls.map(([text]) => text).join('')
}

test.each([
  [debian, `apt-get install --no-install-recommends bubblewrap util-linux ${pythonPackages} fonts-noto-cjk`],
  ['ID=fedora', `dnf install bubblewrap util-linux ${pythonPackages} google-noto-sans-cjk-fonts`],
  [
    'ID=arch',
    'pacman -S --needed bubblewrap util-linux python python-numpy python-pandas python-matplotlib python-openpyxl noto-fonts-cjk',
  ],
  ['ID=alpine', 'apk add bubblewrap setpriv python3 py3-numpy py3-pandas py3-matplotlib py3-openpyxl font-noto-cjk'],
])('prints the line to install with, and runs nothing: %j', async (osRelease, line) => {
  const { printed, code } = await setup({ osRelease })
  expect(printed).toContain(`\n\n  ${line}\n`)
  expect(code).toBe(0)
})

test('says what is there, and names only the rest', async () => {
  const { printed } = await setup({ lacks: ['bubblewrap', 'pandas'] })
  expect(printed).toContain(
    'on Debian GNU/Linux 12 (bookworm):\n\n  ✗ bubblewrap\n  ✓ setpriv\n  ✓ Python 3\n  ✓ numpy\n  ✗ pandas\n',
  )
  expect(printed).toContain('\n  apt-get install --no-install-recommends bubblewrap python3-pandas\n')
})

test('says that everything is there', async () => {
  const { printed, code } = await setup({ lacks: [] })
  expect(printed).toContain('Everything is there. `reprise doctor` tries it out.')
  expect(printed).not.toContain('apt-get')
  expect(code).toBe(0)
})

test('names what is needed where the packages are not known, and installs nothing there', async () => {
  const osRelease = 'ID=nixos'
  const names = 'bubblewrap; setpriv; Python 3; numpy; pandas; matplotlib; openpyxl; fonts'
  expect((await setup({ osRelease })).printed).toContain(`\nTo install by whatever way this system has: ${names}`)
  const { complaint, code } = await setup({ osRelease, yes: true })
  expect(complaint).toContain(`reprise: This system has no package that is known here for ${names}`)
  expect(code).toBe(1)
})

test.each<[Environment, string, string]>([
  [{ REPRISE_SANDBOX: 'gvisor' }, '✗ gVisor', ` runsc util-linux ${pythonPackages} `],
  [{ REPRISE_SANDBOX: 'landlock' }, '✗ Python 3', ` --no-install-recommends ${pythonPackages} `],
  [{ REPRISE_SANDBOX: 'off' }, '✗ bubblewrap', ` bubblewrap util-linux ${pythonPackages} `],
  [{ REPRISE_PYTHON: '/srv/venv' }, '✗ bubblewrap', ' bubblewrap util-linux fonts-noto-cjk\n'],
  [{ REPRISE_SANDBOX: 'docker' }, '✗ Docker', 'To install by whatever way this system has: Docker'],
])('follows the configuration: %j', async (env, part, line) => {
  const { printed } = await setup({ env })
  expect(printed).toContain(part)
  expect(printed).toContain(line)
})

test('elsewhere than on Linux it takes Docker', async () => {
  const { printed } = await setup({ linux: false, osRelease: '' })
  expect(printed).toContain('needs on this system:\n\n  ✗ Docker')
  expect(printed).not.toContain('bubblewrap')
})

/** An `apt-get` that writes down what it is told, and ends with that exit code when it is to install. */
function fakeApt(exitCode = 0): () => string {
  const apt = join(folder, 'apt-get')
  const log = join(folder, 'log')
  writeFileSync(apt, `#!/bin/sh\necho "$DEBIAN_FRONTEND: $*" >> ${log}\ntest "$1" = update || exit ${exitCode}\n`)
  chmodSync(apt, 0o755)
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  return () => readFileSync(log, 'utf8')
}

test('as root with --yes it installs what is missing, and tries the sandbox', async () => {
  const told = fakeApt()
  const { printed, code } = await setup({ yes: true, lacks: ['bubblewrap', 'numpy'], run: runProgram })
  expect(told()).toBe(
    'noninteractive: update\nnoninteractive: install --no-install-recommends --yes bubblewrap python3-numpy\n',
  )
  expect(printed).toMatch(/\nCode can be run: bubblewrap, Python 3\.11\.\n$/)
  expect(code).toBe(0)
})

test('with nothing to install it only tries the sandbox, as it is configured', async () => {
  const attempt = vi.fn<SetupSystem['attempt']>().mockResolvedValue({ started: true, label: 'gVisor' })
  const env = { REPRISE_SANDBOX: 'gvisor' }
  expect(await setup({ yes: true, lacks: [], env, attempt })).toMatchObject({ code: 0 })
  expect(attempt).toHaveBeenCalledExactlyOnceWith(readConfig(env).sandbox)
})

test('what it was told to leave off is tried all the same', async () => {
  const attempt = vi.fn<SetupSystem['attempt']>().mockResolvedValue({ started: true, label: 'bubblewrap' })
  await setup({ yes: true, lacks: [], env: { REPRISE_SANDBOX: 'off' }, attempt })
  expect(attempt).toHaveBeenCalledExactlyOnceWith(readConfig({}).sandbox)
})

test('says that only root may install', async () => {
  const { complaint, code } = await setup({ yes: true, lacks: ['numpy'], root: false })
  expect(complaint).toBe(
    'reprise: Only root may install packages: run `apt-get install --no-install-recommends python3-numpy` as root.\n',
  )
  expect(code).toBe(1)
})

test('says which command failed', async () => {
  fakeApt(100)
  const { complaint, code } = await setup({ yes: true, lacks: ['numpy'], run: runProgram })
  expect(complaint).toBe(
    'reprise: `apt-get install --no-install-recommends --yes python3-numpy` did not succeed: it ended with exit code 100.\n',
  )
  expect(code).toBe(1)
})

test('says that the program to install with is not there', async () => {
  vi.stubEnv('PATH', folder)
  const { complaint, code } = await setup({ yes: true, lacks: ['numpy'], run: runProgram })
  expect(complaint).toBe('reprise: `apt-get update` did not succeed: spawn apt-get ENOENT.\n')
  expect(code).toBe(1)
})

test('says why no sandbox starts although everything is there', async () => {
  const { complaint, code } = await setup({
    yes: true,
    lacks: [],
    attempt: async () => ({ started: false, reason: 'namespaces are forbidden', advice: 'Allow them.' }),
  })
  expect(complaint).toBe('reprise: No sandbox starts: namespaces are forbidden. Allow them.\n')
  expect(code).toBe(1)
})
