import { type Program, startProgram } from '../program.ts'

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
