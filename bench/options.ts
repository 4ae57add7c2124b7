import { parseArgs } from 'node:util'
import { type DatabaseName, databaseNames } from './database.ts'

export interface Options {
  only: string[]
  rounds: number
  seconds: number
  json: string | undefined
  self: boolean
  gate: boolean
  entry: string
  longThread: number
  openStreams: number
  queuedRuns: number
  storedMessages: number
  databases: DatabaseName[]
  limit: number
  help: boolean
}

export const usage = `node bench/main.ts [options]

  --only NAME,NAME     only these scenarios
  --rounds N           pairs of turns for each comparison (7)
  --seconds N          length of a turn (2)
  --json FILE          write every figure to FILE
  --gate               exit with 1 when a goal is missed by more than a quarter
  --entry FILE         the server to start (src/cli/main.js)
  --long-thread N      messages in the long thread of list-flat (100000)
  --open-streams N     streams of open-streams (1000)
  --database NAME,NAME sqlite, postgres or both (sqlite); postgres leaves out what does not depend on it
  --queued-runs N      runs of drain (10000)
  --stored-messages N  messages that grow-store ends with (100000)
  --self               put a floor program in the server's place; every ratio must then be about 1
  --limit N            give up after so many seconds (1500)
`

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '2' },
      json: { type: 'string' },
      self: { type: 'boolean', default: false },
      gate: { type: 'boolean', default: false },
      entry: { type: 'string', default: 'src/cli/main.js' },
      'long-thread': { type: 'string', default: '100000' },
      'open-streams': { type: 'string', default: '1000' },
      database: { type: 'string', default: 'sqlite' },
      'queued-runs': { type: 'string', default: '10000' },
      'stored-messages': { type: 'string', default: '100000' },
      limit: { type: 'string', default: '1500' },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    json: values.json,
    only: values.only.split(',').filter(Boolean),
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    longThread: positive('long-thread', values['long-thread']),
    openStreams: positive('open-streams', values['open-streams']),
    databases: values.database.split(',').map(databaseNamed),
    queuedRuns: positive('queued-runs', values['queued-runs']),
    storedMessages: positive('stored-messages', values['stored-messages']),
    limit: positive('limit', values.limit),
  }
}

function databaseNamed(given: string): DatabaseName {
  const name = databaseNames.find((known) => known === given)
  if (name) return name
  throw new Error(`--database takes ${databaseNames.join(' or ')}, not '${given}'`)
}

function positive(name: string, value: string): number {
  const number = Number(value)
  if (number > 0) return number
  throw new Error(`--${name} takes a number above 0, not '${value}'`)
}
