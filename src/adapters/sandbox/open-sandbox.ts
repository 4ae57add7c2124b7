import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../lib/log.ts'
import type { Sandbox, SandboxKind, SandboxLimits } from '../../ports/sandbox.ts'
import { createBubblewrap } from './bubblewrap.ts'
import type { Confinement } from './confinement.ts'
import { createSandbox } from './create-sandbox.ts'
import { createDocker } from './docker.ts'
import { createGvisor } from './gvisor.ts'
import { createLandlock } from './landlock.ts'
import { probe } from './probe.ts'
import { adviceFor } from './sandbox-advice.ts'

interface Options {
  readonly choice: 'auto' | SandboxKind | 'off'
  /** Absolute path of an interpreter or of a virtual environment's folder; undefined: the system's Python. */
  readonly python: string | undefined
  /** For Docker. */
  readonly image: string
  readonly limits: SandboxLimits
  readonly log: Log
  readonly signal: AbortSignal
}

/** `label`, `reason` and `advice` are for people; `reason` has no full stop, `advice` is sentences. */
export type OpenedSandbox =
  | { readonly sandbox: Sandbox; readonly label: string }
  | { readonly sandbox: null; readonly reason: string; readonly advice: string }

/**
 * The chosen sandbox, if a probe found that it holds; with `auto` the first that does. Never one that is weaker than what
 * was asked for. Rejects with the signal's reason once it is aborted.
 */
export async function openSandbox(options: Options): Promise<OpenedSandbox> {
  const { choice } = options
  if (choice === 'off') return { sandbox: null, reason: 'REPRISE_SANDBOX is off', advice: 'Set it to auto.' }
  const kinds = choice === 'auto' ? inOrder : [choice]
  const reasons: string[] = []
  for (const kind of kinds) {
    const create = (limits: SandboxLimits) =>
      creators[kind]({ ...options, python: interpreter(options.python), limits })
    const probed = await probe({ ...options, create })
    if (probed.ok) {
      const sandbox = createSandbox({ ...options, confinement: create(options.limits) })
      return { sandbox, label: labelOf(kind, probed) }
    }
    options.log.debug({ sandbox: kind, reason: probed.reason }, 'sandbox cannot be used')
    reasons.push(`${names[kind]}: ${probed.reason}`)
  }
  return { sandbox: null, reason: reasons.join('; '), advice: adviceFor(kinds[0] ?? 'bubblewrap', reasons[0] ?? '') }
}

/** The strong ones first, and of these the one that is by far the cheapest. */
const inOrder: readonly SandboxKind[] = ['bubblewrap', 'gvisor', 'docker', 'landlock']

const names: Record<SandboxKind, string> = {
  bubblewrap: 'bubblewrap',
  gvisor: 'gVisor',
  docker: 'Docker',
  landlock: 'Landlock',
}

type Create = (options: { python: string; image: string; limits: SandboxLimits; log: Log }) => Confinement

const creators: Record<SandboxKind, Create> = {
  bubblewrap: createBubblewrap,
  gvisor: createGvisor,
  docker: createDocker,
  landlock: createLandlock,
}

function interpreter(python: string | undefined): string {
  if (python === undefined) return '/usr/bin/python3'
  return statSync(python, { throwIfNoEntry: false })?.isDirectory() ? join(python, 'bin/python3') : python
}

function labelOf(
  kind: SandboxKind,
  { python, packages }: { python: string; packages: Readonly<Record<string, string>> },
) {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  return [`${names[kind]} with Python ${python}`, ...versions].join(', ')
}
