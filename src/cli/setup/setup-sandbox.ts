import { existsSync, readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import type { SandboxConfig } from '../../config.ts'
import { type Attempt, trySandbox } from '../checks/check-sandbox.ts'
import { type Distribution, distributionOf, installers, type PackageManager } from './package-manager.ts'
import { runProgram } from './run-program.ts'
import { missingOf, type SandboxPart, sandboxParts } from './sandbox-parts.ts'

/** The machine, as far as it matters here. */
export interface SetupSystem {
  linux: boolean
  /** The text of `/etc/os-release`; empty where there is none. */
  osRelease: string
  root: boolean
  missing(parts: readonly SandboxPart[]): Promise<SandboxPart[]>
  /** Null when the command succeeds, else how it ended. */
  run(command: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null>
  attempt(config: SandboxConfig): Promise<Attempt>
}

/**
 * Prints what the code interpreter needs, what of it is there and how to install the rest; with `yes` installs it and
 * tries the sandbox. Answers the exit code, 1 when that did not work.
 */
export async function setupSandbox(
  wanted: SandboxConfig,
  { yes, system = thisSystem() }: { yes: boolean; system?: SetupSystem },
): Promise<number> {
  const config: SandboxConfig = wanted.choice === 'off' ? { ...wanted, choice: 'auto' } : wanted // off, as yet
  const parts = sandboxParts(config, system.linux)
  const missing = await system.missing(parts)
  const distribution = distributionOf(system.osRelease)
  print(overview(distribution, parts, missing))
  if (!yes) return print(advice(distribution, missing))
  const failure = missing.length === 0 ? null : await install(distribution, missing, system)
  if (failure !== null) return fail(failure)
  const outcome = await system.attempt(config)
  if (outcome.started) return print(`\nCode can be run: ${outcome.label}.\n`)
  return fail(`No sandbox starts: ${outcome.reason}. ${outcome.advice}`)
}

const osRelease = '/etc/os-release'

function thisSystem(): SetupSystem {
  return {
    linux: process.platform === 'linux',
    osRelease: existsSync(osRelease) ? readFileSync(osRelease, 'utf8') : '',
    root: process.getuid?.() === 0,
    missing: missingOf,
    run: runProgram,
    attempt: trySandbox,
  }
}

function overview({ name }: Distribution, parts: readonly SandboxPart[], missing: readonly SandboxPart[]): string {
  const lines = parts.map(
    (part) => `  ${missing.includes(part) ? styleText('red', '✗') : styleText('green', '✓')} ${part.name}`,
  )
  return `What the code interpreter needs on ${name}:\n\n${lines.join('\n')}\n`
}

function advice({ manager }: Distribution, missing: readonly SandboxPart[]): string {
  if (missing.length === 0) return '\nEverything is there. `reprise doctor` tries it out.\n'
  const packages = packagesOf(manager, missing)
  const others = withoutPackage(manager, missing)
  return [
    manager !== null && packages.length > 0
      ? `\nTo install, as root, or with \`reprise setup sandbox --yes\`:\n\n  ${[...installers[manager].install, ...packages].join(' ')}\n`
      : '',
    others.length > 0 ? `\nTo install by whatever way this system has: ${others.join('; ')}.\n` : '',
  ].join('')
}

/** Null when all is installed, else why not. */
async function install(
  { manager }: Distribution,
  missing: readonly SandboxPart[],
  { root, run }: SetupSystem,
): Promise<string | null> {
  const others = withoutPackage(manager, missing)
  if (manager === null || others.length > 0)
    return `This system has no package that is known here for ${others.join('; ')}: install it by hand.`
  const { update, install, unasked } = installers[manager]
  const packages = packagesOf(manager, missing)
  if (!root) return `Only root may install packages: run \`${[...install, ...packages].join(' ')}\` as root.`
  const commands = [...(update === null ? [] : [update]), [...install, ...unasked, ...packages]]
  for (const command of commands) {
    const ending = await run(command, { DEBIAN_FRONTEND: 'noninteractive' })
    if (ending !== null) return `\`${command.join(' ')}\` did not succeed: ${ending}.`
  }
  return null
}

function packagesOf(manager: PackageManager | null, parts: readonly SandboxPart[]): string[] {
  return manager === null ? [] : parts.flatMap(({ packages }) => packages[manager] ?? [])
}

function withoutPackage(manager: PackageManager | null, parts: readonly SandboxPart[]): string[] {
  return parts.filter(({ packages }) => manager === null || packages[manager] === undefined).map(({ name }) => name)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function fail(message: string): number {
  process.stderr.write(`reprise: ${message}\n`)
  return 1
}
