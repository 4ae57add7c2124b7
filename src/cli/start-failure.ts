import { YamlFileError } from '../adapters/model/yaml-file.ts'
import type { Config } from '../config.ts'

/** What to tell the person when the server could not start: one line, or also a stack when the log is that detailed. */
export function startFailure(error: unknown, config: Config): string {
  const failure = error instanceof Error ? error : new Error(String(error))
  const line = listenFailure(failure, config) ?? databaseFailure(failure, config) ?? failure.message
  const detailed = config.logLevel === 'debug' || config.logLevel === 'trace'
  return detailed ? `${line}\n${failure.stack}` : line
}

/** 2 when what was configured is wrong, 1 for any other trouble. */
export function exitCodeOf(error: unknown): number {
  return error instanceof YamlFileError ? 2 : 1
}

/** The fields that errors of Node and of its SQLite may have. */
interface Failure extends Error {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly errcode?: unknown
}

function listenFailure({ code, syscall }: Failure, { host, port }: Config): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken: stop what listens there, or choose another with REPRISE_PORT.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: choose another with REPRISE_HOST.`
    case 'EACCES':
      return syscall === 'listen'
        ? `This user may not listen on port ${port}: choose another with REPRISE_PORT.`
        : undefined
    default:
      return undefined
  }
}

/** SQLite's own words do not say which file they are about. */
function databaseFailure({ code, errcode, message }: Failure, { databaseUrl }: Config): string | undefined {
  if (code !== 'ERR_SQLITE_ERROR') return undefined
  const remedy = remedies[Number(errcode) & 0xff] // the higher bits tell kinds of the same trouble apart
  const path = databaseUrl.replace(/^sqlite:/, '')
  return `The database ${path} cannot be used (${message}): ${remedy ?? '`reprise doctor` has a closer look'}.`
}

const makeWritable = 'make it, and the folder it is in, writable for this user'
const restore = 'restore it from a backup, or move it away to start with an empty one'

/** By SQLite's result codes: read-only, I/O error, damaged, disk full, cannot be opened, not a database. */
const remedies: Readonly<Record<number, string>> = {
  8: makeWritable,
  10: 'look after its disk',
  11: restore,
  13: 'make room on its disk',
  14: makeWritable,
  26: restore,
}
