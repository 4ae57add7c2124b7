import { delimiter, dirname } from 'node:path'
import type { SandboxLimits } from '../../ports/sandbox.ts'

/** Where the code of a session is at home. */
export const sandboxHome = '/home/sandbox'

/** Where files of a session lie. */
export const sandboxData = '/mnt/data'

/** All that the code finds in its environment: nothing of the server's. */
export function sandboxEnvironment({ python, limits }: { python: string; limits: SandboxLimits }) {
  const threads = String(Math.max(1, Math.round(limits.cores)))
  return {
    HOME: sandboxHome,
    LOGNAME: 'sandbox',
    USER: 'sandbox',
    PATH: [...new Set([dirname(python), '/usr/bin', '/bin'])].join(delimiter),
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
    MPLBACKEND: 'agg',
    MPLCONFIGDIR: `${sandboxHome}/.cache/matplotlib`,
    // Numeric libraries start a thread for every core of the machine if nobody tells them.
    OPENBLAS_NUM_THREADS: threads,
    OMP_NUM_THREADS: threads,
    MKL_NUM_THREADS: threads,
    NUMEXPR_MAX_THREADS: threads,
    MALLOC_ARENA_MAX: '2',
  }
}
