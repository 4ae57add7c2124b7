import { join } from 'node:path'
import { type Program, startProgram } from '../program.ts'

/** F1, bare HTTP over a durable store. */
export function startStoreFloor(folder: string): Promise<Program> {
  return startProgram('floors/store.ts', [join(folder, 'floor.sqlite')])
}

/** F2, a relay that passes bytes through. */
export function startPipeFloor(upstream: Program): Promise<Program> {
  return startProgram('floors/pipe.ts', [upstream.origin])
}

/** F3, a relay that turns each token into an event. */
export function startRelayFloor(upstream: Program): Promise<Program> {
  return startProgram('floors/relay.ts', [upstream.origin])
}

export function startUpstream(): Promise<Program> {
  return startProgram('upstream.ts')
}
