import { gvisor, missingOf, sandboxParts } from '../src/cli/setup/sandbox-parts.ts'
import { installDebianPackages, isDebianPackage } from './debian-packages.ts'
import { type Missing, missing, orMissing } from './missing-part.ts'
import { runCommand } from './run-command.ts'

/** What `reprise setup sandbox` names, on a system where bubblewrap can start. */
export function ensureSandbox(): Promise<{ python: string } | Missing> {
  return orMissing('a bubblewrap that starts, with Python and its packages', findSandbox())
}

/**
 * A gVisor that can start; the rest of what it needs, `ensureSandbox` has. Not every release of Debian has gVisor: there
 * it is missing even where nothing else may be.
 */
export function ensureGvisor(): Promise<{ runsc: string } | Missing> {
  return orMissing('a gVisor that starts', findGvisor())
}

async function findSandbox() {
  if (process.platform !== 'linux') throw new Error('it needs Linux')
  const parts = await missingOf(sandboxParts({ choice: 'bubblewrap', python: undefined }, true))
  const packages = parts.flatMap(({ packages }) => packages.apt ?? [])
  if (packages.length > 0) await installDebianPackages(...packages)
  await runCommand('bwrap', ['--unshare-all', '--unshare-user', '--ro-bind', '/', '/', '--proc', '/proc', '/bin/true'])
  return { python: '/usr/bin/python3' }
}

async function findGvisor() {
  if (!(await gvisor.isThere())) {
    if (!(await isDebianPackage('runsc'))) return missing('gVisor: this release has no package of it')
    await installDebianPackages('runsc')
  }
  await runCommand('runsc', ['--rootless', '--platform=ptrace', '--network=none', '--ignore-cgroups', 'do', 'true'])
  return { runsc: 'runsc' }
}
