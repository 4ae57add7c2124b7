const waitMs = 2
const neverNotified = new Int32Array(new SharedArrayBuffer(4))

/** Reads or writes a pipe as if it blocked: when it is not ready, which libraries can make it say, it is tried again. */
export function whenReady(transfer: () => number): number {
  for (;;) {
    try {
      return transfer()
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(neverNotified, 0, 0, waitMs)
    }
  }
}
