import { runCommand } from './run-command.ts'

let updated = false

/** Installs packages with apt-get. Rejects where there is no apt-get, or no right to use it. */
export async function installDebianPackages(...names: string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error(`only root may install ${names.join(' and ')} with apt-get`)
  process.stderr.write(`Installing ${names.join(' and ')} with apt-get\n`)
  const wait = ['-o', 'DPkg::Lock::Timeout=300'] // somebody else may be installing
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  if (!updated) await runCommand('apt-get', [...wait, 'update', '-q'], env)
  updated = true
  await runCommand('apt-get', [...wait, 'install', '-q', '-y', '--no-install-recommends', ...names], env)
}
