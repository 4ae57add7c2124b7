import type { Attempt } from '../attempt.ts'
import { bombs } from './bombs.ts'
import { delays } from './delays.ts'
import { driver } from './driver.ts'
import { floods } from './floods.ts'
import { hostFiles } from './host-files.ts'
import { kernel } from './kernel.ts'
import { network } from './network.ts'
import { outputFiles } from './output-files.ts'
import { privileges } from './privileges.ts'
import { processes } from './processes.ts'

/** By what they are after. */
export const attempts: Readonly<Record<string, readonly Attempt[]>> = {
  Network: network,
  'Files of the host': hostFiles,
  Processes: processes,
  'Output files': outputFiles,
  Bombs: bombs,
  Floods: floods,
  Time: delays,
  'The kernel': kernel,
  Privileges: privileges,
  'The driver': driver,
}
