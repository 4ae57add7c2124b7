import { parseArgs } from 'node:util'
import type { Environment } from '../config.ts'
import { nearest } from '../lib/nearest.ts'
import { allOptions, flagOf } from '../options.ts'

export interface CommandLine {
  command: 'serve' | 'doctor' | 'help' | 'version'
  /** Values by the name of the variable that each flag stands for. */
  flags: Environment
  /** `doctor` answers in JSON. */
  json: boolean
}

/** What is wrong with the command line, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const commands = ['serve', 'doctor'] as const
const plainSwitches = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const

/** Reads the arguments that follow the program's name. Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...plainSwitches, json: { type: 'boolean' }, ...flagTypes() },
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
  if (switches.has('json') && command === 'serve') throw new UsageError('--json goes with `reprise doctor` only.')
  return { command, flags, json: switches.has('json') }
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
  const known = ['help', 'version', 'json']
  if (known.includes(name) && value === undefined && !rawName.startsWith('--no-')) return name
  const meant = nearest(name, [...known, ...allOptions.map(flagOf)])
  const advice = meant === undefined || meant === name ? '`reprise --help` lists them all' : `did you mean --${meant}?`
  throw new UsageError(`${rawName} is no option of Reprise: ${advice}`)
}

function commandIn(words: string[], flags: Environment): CommandLine['command'] {
  const [word, extra] = words
  if (word === undefined && Object.keys(flags).length === 0) return 'help'
  if (word === undefined) throw new UsageError('Say what to do: `reprise serve` or `reprise doctor`.')
  if (extra !== undefined) throw new UsageError(`${JSON.stringify(extra)} is one word too many.`)
  const command = [...commands, 'help' as const, 'version' as const].find((command) => command === word)
  if (command) return command
  const meant = nearest(word, commands)
  const advice = meant === undefined ? 'there are `serve` and `doctor`' : `did you mean \`reprise ${meant}\`?`
  throw new UsageError(`${JSON.stringify(word)} is no command of Reprise: ${advice}`)
}
