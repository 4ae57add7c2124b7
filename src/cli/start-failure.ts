import type { Config } from '../config.ts'

/** What to tell the person when the server could not start: one line, or also a stack when the log is that detailed. */
export function startFailure(error: unknown, { host, port, logLevel }: Config): string {
  const line = listenFailure(error, host, port) ?? (error instanceof Error ? error.message : String(error))
  const detailed = logLevel === 'debug' || logLevel === 'trace'
  return detailed && error instanceof Error ? `${line}\n${error.stack}` : line
}

function listenFailure(error: unknown, host: string, port: number): string | undefined {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken: stop what listens there, or choose another with REPRISE_PORT.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: choose another with REPRISE_HOST.`
    case 'EACCES':
      return isListening(error)
        ? `This user may not listen on port ${port}: choose another with REPRISE_PORT.`
        : undefined
    default:
      return undefined
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function isListening(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen'
}
