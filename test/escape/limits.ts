import type { SandboxLimits } from '../../src/ports/sandbox.ts'

/** Small, so that what goes up to a limit goes quickly. */
export const limits: SandboxLimits = {
  memoryMegabytes: 256,
  processes: 32,
  cores: 1,
  diskMegabytes: 32,
  seconds: 2,
  outputBytes: 200_000,
}
