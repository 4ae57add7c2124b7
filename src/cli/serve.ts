import { constants } from 'node:os'
import type { Config } from '../config.ts'
import { createServer, type Server } from '../server.ts'
import { banner } from './banner.ts'
import { prepareDataFolder } from './data-folder.ts'
import { firstLook } from './first-look.ts'
import { exitCodeOf, startFailure } from './start-failure.ts'

/** Serves until a signal asks it to stop; answers the exit code. */
export async function serve(config: Config, version: string): Promise<number> {
  let server: Server
  try {
    server = await start(config)
  } catch (error) {
    process.stderr.write(`reprise: ${startFailure(error, config)}\n`)
    return exitCodeOf(error)
  }
  const stopping = firstSignal()
  await greet(server, config, version)
  await stopping
  return stop(server, config)
}

async function start(config: Config): Promise<Server> {
  prepareDataFolder(config.dataDir)
  const server = await createServer(config)
  try {
    await server.start()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

async function greet({ url, upstream, search, code }: Server, config: Config, version: string): Promise<void> {
  const look = await firstLook(upstream, config)
  const colour = process.stdout.hasColors?.() ?? false
  process.stdout.write(banner({ version, config, url, upstream, search, code, look, colour }))
}

const signals = ['SIGTERM', 'SIGINT'] as const

// At Ctrl-C the terminal tells every process, and npm then passes on what it was told: one wish that arrives twice.
const echoMilliseconds = 500

/** Resolves at the first signal; from then on a second one ends the process at once. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined
    function onSignal(signal: (typeof signals)[number]) {
      first ??= performance.now()
      if (performance.now() - first > echoMilliseconds) process.exit(128 + constants.signals[signal])
      resolve()
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
}

/** The server keeps to the grace by itself; a few seconds later something is stuck, and waiting longer would not help. */
async function stop(server: Server, { graceSeconds }: Config): Promise<number> {
  const notice = setTimeout(() => process.stdout.write(waiting(graceSeconds)), echoMilliseconds)
  const patience = setTimeout(() => process.exit(stuck()), (graceSeconds + 5) * 1000)
  await server.stop()
  clearTimeout(notice)
  clearTimeout(patience)
  return 0
}

function waiting(graceSeconds: number): string {
  return `
Stopping. What is under way has up to ${graceSeconds} s to finish; the next start takes up the rest.
A second Ctrl-C, or signal, ends it at once.
`
}

function stuck(): number {
  process.stderr.write('reprise: it did not stop in time and is ended now; the next start takes up what was running\n')
  return 1
}
