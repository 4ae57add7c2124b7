import { readFileSync } from 'node:fs'
import { ConfigError, type Environment, readConfig } from '../config.ts'
import { unreachable } from '../lib/unreachable.ts'
import { type CommandLine, parseCommandLine, UsageError } from './command-line.ts'
import { doctor } from './doctor.ts'
import { helpText } from './help.ts'
import { serve } from './serve.ts'

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

function runCommand({ command, flags, json }: CommandLine, env: Environment): Promise<number> | number {
  switch (command) {
    case 'serve':
      return serve(readConfig(env, flags), version())
    case 'doctor':
      return doctor({ env, flags, json })
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
