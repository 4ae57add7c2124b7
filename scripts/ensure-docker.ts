import { installDebianPackages } from './debian-packages.ts'
import { ensureSandbox } from './ensure-sandbox.ts'
import { type Missing, orMissing } from './missing-part.ts'
import { succeeds } from './run-command.ts'

/**
 * An engine of Docker that answers, or the programs to start one for the tests; and Python, which the tests' image is made
 * of. Whether it can start, only a start can tell: see `test/support/docker-engine.ts`.
 */
export function ensureDocker(): Promise<{ isRunning: boolean } | Missing> {
  return orMissing("Docker's engine", findDocker())
}

async function findDocker() {
  const python = await ensureSandbox()
  if ('missing' in python) throw new Error(`the image for the tests is made of what is missing: ${python.missing}`)
  if (await succeeds('docker', ['version'])) return { isRunning: true }
  if (process.getuid?.() !== 0) throw new Error('none answers, and only root may start one')
  if (!(await succeeds('dockerd', ['--version']))) await installDebianPackages('docker.io')
  // From Debian 13 on it is a package of its own.
  if (!(await succeeds('docker', ['--version']))) await installDebianPackages('docker-cli')
  return { isRunning: await succeeds('docker', ['version']) }
}
