import type { Log } from '../../lib/log.ts'

const silence = () => {}

/** For what is only tried out: what a check finds is said in its line. */
export const quietLog: Log = { debug: silence, info: silence, warn: silence, error: silence }
