import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { runCommand } from '../../scripts/run-command.ts'

/** What an attempt may look for: Python, a shell with its programs, and those that make root of others. */
const wanted = ['python3', 'coreutils', 'dash', 'util-linux', 'mount', 'login', 'passwd']

/** Makes an image of packages of this Debian, as they are installed: nothing is fetched. */
export async function importImage(name: string): Promise<void> {
  const paths = await pathsOf(await withAllTheyNeed(wanted))
  const tar = spawn('tar', ['--create', '--directory=/', '--no-recursion', '--null', '--files-from=-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const docker = spawn('docker', ['import', '-', name], { stdio: ['pipe', 'ignore', 'inherit'] })
  tar.stdin.end(paths.join('\0'))
  const ended = Promise.all([once(tar, 'exit'), once(docker, 'exit')])
  await pipeline(tar.stdout, docker.stdin)
  const codes = (await ended).map(([code]) => code)
  if (codes.some((code) => code !== 0)) throw new Error(`The image was not made: tar and docker ended with ${codes}`)
}

async function withAllTheyNeed(packages: readonly string[]): Promise<string[]> {
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`)
  const said = await runCommand('apt-cache', ['depends', '--recurse', '--installed', ...only, ...packages])
  const selected = await runCommand('dpkg', ['--get-selections'])
  const installed = new Set([...selected.matchAll(/^([^:\s]+)\S*\s+(?:install|hold)$/gm)].map(([, name]) => name))
  return [...new Set(said.split('\n'))].filter((name) => installed.has(name))
}

const leftOut = /^\/(?:usr\/share\/(?:doc|man|locale|info|lintian|bash-completion)|var|etc\/ssh)(?:\/|$)/

/** From the root folder, which has links to folders of `/usr` that no package has. */
async function pathsOf(packages: readonly string[]): Promise<string[]> {
  const said = await runCommand('dpkg', ['--listfiles', ...packages])
  const listed = said.split('\n').filter((path) => path.startsWith('/') && path !== '/.' && !leftOut.test(path))
  const links = ['/bin', '/sbin', '/lib', '/lib64', '/etc/passwd', '/etc/group']
  const compiled = globSync('/usr/lib/python3.*/**/__pycache__/{,*}') // else each start does it anew
  const folders = new Map<string, Promise<string>>()
  const placed = [...listed, ...links, ...compiled].map(async (path) => {
    const folder = dirname(path)
    if (!folders.has(folder)) folders.set(folder, realpath(folder))
    return join((await folders.get(folder)) ?? folder, basename(path)).slice(1)
  })
  return [...new Set(await Promise.all(placed))]
}
