/** Why a call is interrupted. `left`: nobody wants to know more of it. */
export type InterruptionReason = 'timeout' | 'output' | 'aborted' | 'left'

/** Code may miss an interrupt, as while it waits for another program. */
const repeatMs = 500
const graceMs = 2000

/** Ends a call that went on for too long: asks it to stop, a few times, and kills it when it does not listen. */
export function createInterruption({ interrupt, kill }: { interrupt: () => void; kill: () => void }) {
  let reason: InterruptionReason | undefined
  let isOver = false
  let repeat: NodeJS.Timeout | undefined
  let grace: NodeJS.Timeout | undefined

  /** The first reason stands. */
  function because(why: InterruptionReason): void {
    if (reason !== undefined || isOver) return
    reason = why
    interrupt()
    repeat = setInterval(interrupt, repeatMs)
    grace = setTimeout(kill, graceMs)
  }

  /** The call has ended: nothing is to be interrupted any more. */
  function over(): void {
    isOver = true
    clearInterval(repeat)
    clearTimeout(grace)
  }

  return { because, over, reason: () => reason }
}
