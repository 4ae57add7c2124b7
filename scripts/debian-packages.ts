import { runCommand, succeeds } from './run-command.ts'

const wait = ['-o', 'DPkg::Lock::Timeout=300'] // somebody else may be installing
const env = { DEBIAN_FRONTEND: 'noninteractive' }
let updated = false

/** Installs packages with apt-get. Rejects where there is no apt-get, or no right to use it. */
export async function installDebianPackages(...names: string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error(`only root may install ${names.join(' and ')} with apt-get`)
  process.stderr.write(`Installing ${names.join(' and ')} with apt-get\n`)
  await update()
  await runCommand('apt-get', [...wait, 'install', '-q', '-y', '--no-install-recommends', ...names], env)
}

/** Whether this release has a package of that name. Rejects as installing does. */
export async function isDebianPackage(name: string): Promise<boolean> {
  if (process.getuid?.() !== 0) throw new Error(`only root may look for ${name} with apt-get`)
  await update()
  return succeeds('apt-cache', ['show', name])
}

async function update() {
  if (!updated) await runCommand('apt-get', [...wait, 'update', '-q'], env)
  updated = true
}
