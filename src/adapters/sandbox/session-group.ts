import { SandboxFailure } from '../../ports/sandbox.ts'
import type { Cgroups } from './cgroup.ts'
import type { GroupLimits } from './cgroup-limits.ts'
import type { Cgroup } from './create-cgroup.ts'

/** A control group for one session; one that bounds nothing where there can be none. Rejects with `SandboxFailure`. */
export async function makeGroup(cgroups: Cgroups, limits: GroupLimits): Promise<Cgroup> {
  try {
    return await cgroups.create(limits)
  } catch (error) {
    throw new SandboxFailure(`No control group can be made: ${error instanceof Error ? error.message : error}`)
  }
}
