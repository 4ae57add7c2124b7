import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from './cache-folder.ts'
import { installDebianPackages } from './debian-packages.ts'
import { type Missing, orMissing } from './missing-part.ts'
import { runCommand, succeeds } from './run-command.ts'

const requirement = 'openai==3.54.0'

/** A Python that has the official `openai` client, in a virtual environment of our own. */
export function ensurePython(): Promise<{ python: string } | Missing> {
  return orMissing('Python with the openai client', findPython())
}

async function findPython() {
  const name = `python-${requirement.replace('==', '-')}`
  const folder = await cacheFolder(name, createEnvironment)
  const python = join(folder, 'bin/python')
  if (await succeeds(python, ['-c', 'import openai'])) return { python }
  await rm(folder, { recursive: true }) // the Python that it was made with is gone
  return { python: join(await cacheFolder(name, createEnvironment), 'bin/python') }
}

async function createEnvironment(folder: string) {
  if (!(await succeeds('python3', ['-m', 'venv', folder]))) {
    await installDebianPackages('python3', 'python3-venv')
    await runCommand('/usr/bin/python3', ['-m', 'venv', '--clear', folder])
  }
  process.stderr.write(`Installing ${requirement} into a virtual environment\n`)
  await runCommand(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', requirement])
}
