import { globSync } from 'node:fs'
import type { SandboxConfig } from '../../config.ts'
import type { PackageManager } from './package-manager.ts'
import { succeeds } from './run-program.ts'

/** Something the code interpreter needs of the system. */
export interface SandboxPart {
  readonly name: string
  /** What its package is called, where there is one. */
  readonly packages: Readonly<Partial<Record<PackageManager, string>>>
  isThere(): Promise<boolean>
}

// The one that the sandbox takes: another that comes first on PATH has other packages.
const python = '/usr/bin/python3'

const bubblewrap: SandboxPart = {
  name: 'bubblewrap',
  packages: { apt: 'bubblewrap', dnf: 'bubblewrap', pacman: 'bubblewrap', apk: 'bubblewrap' },
  isThere: () => succeeds('bwrap', ['--version']),
}

/** Starts what sets up the walls, as a user of its own where the server is root. */
const setpriv: SandboxPart = {
  name: 'setpriv',
  packages: { apt: 'util-linux', dnf: 'util-linux', pacman: 'util-linux', apk: 'setpriv' },
  isThere: () => succeeds('setpriv', ['--version']), // BusyBox has one that can do less, and fails here
}

export const gvisor: SandboxPart = {
  name: 'gVisor (https://gvisor.dev)',
  packages: { apt: 'runsc' },
  isThere: () => succeeds('runsc', ['--version']),
}

const docker: SandboxPart = {
  name: 'Docker, its engine running and open to this user',
  packages: {}, // to install an engine is more than a few packages
  isThere: () => succeeds('docker', ['version']),
}

const systemPython: readonly SandboxPart[] = [
  {
    name: 'Python 3',
    packages: { apt: 'python3', dnf: 'python3', pacman: 'python', apk: 'python3' },
    isThere: () => succeeds(python, ['--version']),
  },
  ...['numpy', 'pandas', 'matplotlib', 'openpyxl'].map(pythonPackage),
]

const fonts: SandboxPart = {
  name: 'fonts for Chinese, Japanese and Korean text in figures',
  packages: {
    apt: 'fonts-noto-cjk',
    dnf: 'google-noto-sans-cjk-fonts',
    pacman: 'noto-fonts-cjk',
    apk: 'font-noto-cjk',
  },
  isThere: async () => globSync('/usr/share/fonts/**/*CJK*.{ttc,otf,ttf}').length > 0,
}

function pythonPackage(name: string): SandboxPart {
  // What lies in /usr/local stays outside the sandbox.
  const check = `
import importlib.util, sys
spec = importlib.util.find_spec('${name}')
sys.exit(spec is None or (spec.origin or '').startswith('/usr/local/'))`
  return {
    name,
    packages: { apt: `python3-${name}`, dnf: `python3-${name}`, pacman: `python-${name}`, apk: `py3-${name}` },
    isThere: () => succeeds(python, ['-I', '-c', check]),
  }
}

/** What has to be there for a sandbox of that kind, on Linux or elsewhere. */
export function sandboxParts(
  { choice, python }: Pick<SandboxConfig, 'choice' | 'python'>,
  linux: boolean,
): SandboxPart[] {
  if (choice === 'docker' || !linux) return [docker] // its image has the rest
  const wall = choice === 'landlock' ? [] : [choice === 'gvisor' ? gvisor : bubblewrap, setpriv]
  return [...wall, ...(python === undefined ? systemPython : []), fonts]
}

/** Which of the parts are not there, in their order. */
export async function missingOf(parts: readonly SandboxPart[]): Promise<SandboxPart[]> {
  const there = await Promise.all(parts.map((part) => part.isThere()))
  return parts.filter((_, index) => !there[index])
}
