import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const packageFolder = import.meta.dirname
const engine = 'node-llama-cpp'

// node-llama-cpp's builds without a GPU.
const builds: Record<string, string | undefined> = {
  'linux-x64': '@node-llama-cpp/linux-x64',
  'linux-arm64': '@node-llama-cpp/linux-arm64',
}

/** Installs the engine into this package's own node_modules; does nothing where that is done. */
export async function install() {
  const build = builds[`${process.platform}-${process.arch}`]
  if (!build) throw new Error(`${engine} has no CPU build for ${process.platform} ${process.arch}.`)
  const { dependencies } = await readJson(join(packageFolder, 'package.json'))
  const version = dependencies[engine]
  const installed = await Promise.all([engine, build].map(installedVersion))
  if (installed.every((each) => each === version)) return
  const target = join(packageFolder, 'node_modules')
  if (installed.some((each) => each !== undefined)) await rm(target, { recursive: true })

  // Made beside its place and then moved there whole, so that an interrupted install leaves nothing that looks like a
  // good one.
  const cache = join(packageFolder, '.cache')
  await mkdir(cache, { recursive: true })
  const staging = await mkdtemp(join(cache, 'install-'))
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      await cp(join(packageFolder, file), join(staging, file))
    }
    // The scripts would only look for a build, and without one try to make it.
    await npm(staging, ['install', '--ignore-scripts', '--no-save', `${build}@${version}`])
    await rename(join(staging, 'node_modules'), target).catch((error) => {
      if (error.code !== 'ENOTEMPTY') throw error // it is there: another process was installing and came first
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function npm(folder: string, parameters: string[]) {
  try {
    await promisify(execFile)('npm', parameters, { cwd: folder })
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw new Error(`The real upstream's engine could not be installed: ${stderr || message}`, { cause: error })
  }
}

async function installedVersion(name: string): Promise<string | undefined> {
  const manifest = await readJson(join(packageFolder, 'node_modules', name, 'package.json')).catch(() => undefined)
  return manifest?.version
}

async function readJson(path: string) {
  return JSON.parse(await readFile(path, 'utf8'))
}

if (import.meta.main) await install()
