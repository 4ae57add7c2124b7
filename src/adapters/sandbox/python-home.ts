import { execFile } from 'node:child_process'
import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { SandboxFailure } from '../../ports/sandbox.ts'

/** What has to be seen in a sandbox so that an interpreter finds itself. */
export interface PythonHome {
  readonly executable: string
  /** Files and folders outside `/usr`, or in `/usr/local`, which are not there otherwise; none below another. */
  readonly mounts: readonly string[]
}

/** It runs here, unconfined, as the operator named it; `-I` keeps the server's folder and environment out of it. */
const question = `
import json, os, site, sys, sysconfig
paths = sysconfig.get_paths()
library = sysconfig.get_config_var('INSTSONAME')
print(json.dumps({
  'version': sys.version_info[:2],
  'prefixes': [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix],
  'parts': [paths['stdlib'], paths['platstdlib'], paths['purelib'], paths['platlib'], *site.getsitepackages()],
  'files': [sys.executable, os.path.realpath(sys.executable), *([os.path.join(sys.base_prefix, 'lib', library)] if library else [])],
  'there': [p for p in sys.path if p],
}))`

const answer = z.object({
  version: z.tuple([z.number(), z.number()]),
  prefixes: z.array(z.string()),
  parts: z.array(z.string()),
  files: z.array(z.string()),
  there: z.array(z.string()),
})

/**
 * Rejects with `SandboxFailure` when this is no Python that we can use, or one that only the server can read. With
 * `strangers`, sessions run as users that nobody has given any rights: so they do when the server is root.
 */
export async function findPythonHome(
  executable: string,
  { strangers = process.getuid?.() === 0 }: { strangers?: boolean } = {},
): Promise<PythonHome> {
  if (!isAbsolute(executable)) throw new SandboxFailure(`${executable} has to be a full path, as /usr/bin/python3 is`)
  const said = await ask(executable)
  const [major, minor] = said.version
  if (major !== 3 || minor < 9) {
    throw new SandboxFailure(`${executable} is Python ${major}.${minor}; the code interpreter needs 3.9 or newer`)
  }
  // A prefix of the system's own holds far more than Python: of it, only what Python has there is shown.
  const own = said.prefixes.filter((prefix) => !shared.includes(prefix))
  const places = [...own, ...said.parts, ...said.there, ...said.files, ...linksOf(executable)]
  // Of the system's own Python, what was added to it in /usr/local stays outside.
  const local = said.prefixes.some((prefix) => prefix.startsWith('/usr/local'))
  const seen = places.filter((path) => isHidden(path) && (local || !path.startsWith('/usr/local/')))
  const mounts = withoutNested(seen.filter(exists))
  const closed = strangers ? mounts.flatMap((path) => closedToOthers(path) ?? []) : []
  if (closed[0] === undefined) return { executable, mounts }
  throw new SandboxFailure(
    `${executable} is of no use to sandboxes, which run as users of their own: only its owner can look into ${closed[0]}`,
  )
}

const shared = ['/', '/usr', '/usr/local', '/opt', '/home', '/root', '/srv', '/var', '/tmp']

async function ask(executable: string): Promise<z.infer<typeof answer>> {
  try {
    const { stdout } = await promisify(execFile)(executable, ['-I', '-c', question], { cwd: '/', timeout: 20_000 })
    return answer.parse(JSON.parse(stdout))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (missing) throw new SandboxFailure(`There is no Python at ${executable}`)
    throw new SandboxFailure(`${executable} is not a Python that answers: ${firstLine(error)}`)
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1).join('')
}

/** A virtual environment's interpreter is a link to a link to another: each step has to be there. */
function linksOf(path: string): string[] {
  const target = lstatSync(path).isSymbolicLink() ? resolve(dirname(path), readlinkSync(path)) : undefined
  return target === undefined ? [path] : [path, ...linksOf(target)]
}

function isHidden(path: string): boolean {
  return isAbsolute(path) && (!path.startsWith('/usr/') || path.startsWith('/usr/local/'))
}

function exists(path: string): boolean {
  try {
    realpathSync(path)
    return true
  } catch {
    return false
  }
}

/** The first step on the way to it that users without rights cannot make. */
function closedToOthers(path: string): string | undefined {
  const above = path === '/' ? undefined : closedToOthers(dirname(path))
  if (above !== undefined) return above
  const stat = statSync(path)
  const needed = stat.isDirectory() ? 0o001 : 0o004
  return (stat.mode & needed) === 0 ? path : undefined
}

function withoutNested(paths: readonly string[]): string[] {
  const sorted = [...new Set(paths)].sort()
  return sorted.filter((path) => !sorted.some((other) => other !== path && path.startsWith(`${other}/`)))
}
