import { readFileSync } from 'node:fs'
import { ConfigError, type Environment, readConfig } from '../config.ts'
import { unreachable } from '../lib/unreachable.ts'
import { type CommandLine, parseCommandLine, UsageError } from './command-line.ts'
import { helpText } from './help.ts'

/** Does what the command line asks; answers the exit code. `args` are what follows the program's name. */
export async function runReprise(args: readonly string[], env: Environment): Promise<number> {
  try {
    return await runCommand(parseCommandLine(args), env)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error
    process.stderr.write(`reprise: ${error.message}\n`)
    return 2
  }
}

// The large parts are loaded when they are needed: help and error lines come at once.
async function runCommand({ command, flags, json, yes }: CommandLine, env: Environment): Promise<number> {
  switch (command) {
    case 'serve': {
      const config = readConfig(env, flags)
      const { serve } = await import('./serve.ts')
      return serve(config, version())
    }
    case 'migrate': {
      const config = readConfig(env, flags)
      const { migrate } = await import('./migrate.ts')
      return migrate(config)
    }
    case 'doctor': {
      const { doctor } = await import('./doctor.ts')
      return doctor({ env, flags, json })
    }
    case 'setup': {
      const { sandbox } = readConfig(env, flags)
      const { setupSandbox } = await import('./setup/setup-sandbox.ts')
      return setupSandbox(sandbox, { yes })
    }
    case 'help':
      return print(helpText(version()))
    case 'version':
      return print(`${version()}\n`)
    default:
      return unreachable(command)
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

/** The package's own, which lies two folders up from the sources as from the built files. */
function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return version
}
