import { parseArgs } from 'node:util'
import type { Environment } from '../config.ts'
import { nearest } from '../lib/nearest.ts'
import { allOptions, flagOf } from '../options.ts'

export interface CommandLine {
  command: 'serve' | 'migrate' | 'doctor' | 'setup' | 'help' | 'version'
  /** Values by the name of the variable that each flag stands for. */
  flags: Environment
  /** `doctor` answers in JSON. */
  json: boolean
  /** `setup` installs what it would otherwise only name. */
  yes: boolean
}

/** What is wrong with the command line, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const allCommands = '`serve`, `migrate`, `doctor` and `setup sandbox`'
const plainSwitches = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const

/** Reads the arguments that follow the program's name. Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...plainSwitches, json: { type: 'boolean' }, yes: { type: 'boolean' }, ...flagTypes() },
    tokens: true,
    strict: false, // the errors of strict mode do not say what was meant
    allowPositionals: true,
    allowNegative: true,
  })
  const flags: Record<string, string> = {}
  const words: string[] = []
  const switches = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const option = allOptions.find((option) => flagOf(option) === token.name)
    if (option) flags[option.env] = textOf(token, option.operand)
    else switches.add(plainSwitch(token))
  }
  const command = switches.has('help') ? 'help' : switches.has('version') ? 'version' : commandIn(words, flags)
  refuseStray(switches, command)
  return { command, flags, json: switches.has('json'), yes: switches.has('yes') }
}

function refuseStray(switches: ReadonlySet<string>, command: CommandLine['command']): void {
  if (command === 'help' || command === 'version') return
  if (switches.has('json') && command !== 'doctor') throw new UsageError('--json goes with `reprise doctor` only.')
  if (switches.has('yes') && command !== 'setup') throw new UsageError('--yes goes with `reprise setup sandbox` only.')
}

function flagTypes() {
  return Object.fromEntries(
    allOptions.map((option) => [
      flagOf(option),
      { type: option.operand === undefined ? 'boolean' : 'string' } as const,
    ]),
  )
}

interface OptionToken {
  name: string
  rawName: string
  value?: string | undefined
  /** Whether it was written as `--name=value`. */
  inlineValue?: boolean | undefined
}

function textOf({ name, rawName, value, inlineValue }: OptionToken, operand: string | undefined): string {
  if (operand === undefined) return value ?? (rawName.startsWith('--no-') ? 'false' : 'true')
  if (value !== undefined && (inlineValue || !value.startsWith('--'))) return value
  throw new UsageError(`--${name} takes a value: write --${name} ${operand}.`)
}

function plainSwitch({ name, rawName, value }: OptionToken): string {
  const known = ['help', 'version', 'json', 'yes']
  if (known.includes(name) && value === undefined && !rawName.startsWith('--no-')) return name
  const meant = nearest(name, [...known, ...allOptions.map(flagOf)])
  const advice = meant === undefined || meant === name ? '`reprise --help` lists them all' : `did you mean --${meant}?`
  throw new UsageError(`${rawName} is no option of Reprise: ${advice}`)
}

function commandIn(words: string[], flags: Environment): CommandLine['command'] {
  const [word, ...rest] = words
  if (word === undefined && Object.keys(flags).length === 0) return 'help'
  if (word === undefined) throw new UsageError(`Say what to do: ${allCommands} are commands of Reprise.`)
  const command = (['serve', 'migrate', 'doctor', 'setup', 'help', 'version'] as const).find(
    (command) => command === word,
  )
  if (command === undefined) throw new UsageError(`${JSON.stringify(word)} is no command of Reprise: ${meant(word)}`)
  const extra = rest[command === 'setup' ? 1 : 0]
  if (extra !== undefined) throw new UsageError(`${JSON.stringify(extra)} is one word too many.`)
  return command === 'setup' ? setupOf(rest[0]) : command
}

function meant(word: string): string {
  const command = nearest(word, ['serve', 'migrate', 'doctor', 'setup'])
  return command === undefined ? `there are ${allCommands}` : `did you mean \`reprise ${command}\`?`
}

function setupOf(what: string | undefined): 'setup' {
  if (what === 'sandbox') return 'setup'
  const problem = what === undefined ? 'Say what to set up' : `${JSON.stringify(what)} is nothing to set up`
  throw new UsageError(`${problem}: there is \`reprise setup sandbox\`.`)
}
