import { setTimeout } from 'node:timers/promises'
import { UpstreamFailure } from './upstream-failure.ts'

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number
  /** Milliseconds: the first wait, doubled each time up to the longest. */
  readonly firstWait: number
  readonly longestWait: number
  /** Milliseconds that may be waited in all. A `Retry-After` that goes past it ends the attempts. */
  readonly waitInAll: number
  /** Resolves after so many milliseconds; rejects with the signal's reason when that is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** From 0 up to 1. */
  readonly random: () => number
}

/** What every upstream is asked with. */
export const usualRetries: RetryPolicy = {
  retries: 4,
  firstWait: 500,
  longestWait: 8000,
  waitInAll: 60_000,
  sleep: pause,
  random: Math.random,
}

/** Resolves after so many milliseconds; rejects with the signal's reason when that is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted() // with the reason itself, where the timer rejects with an error around it
    throw error
  }
}

/** Tells each failed attempt that will be followed by another, after `wait` milliseconds. */
export type OnRetry = (failure: UpstreamFailure, wait: number) => void

/**
 * Makes attempts until one succeeds, fails for good or the policy allows no more; rejects with the last failure, or with
 * the signal's reason. Waits what the upstream asked for, else exponentially longer with half of it at random, so that
 * callers that failed together do not come back together.
 */
export async function retrying<Result>(
  attempt: () => Promise<Result>,
  { signal, policy, onRetry }: { signal: AbortSignal; policy: RetryPolicy; onRetry: OnRetry },
): Promise<Result> {
  let waited = 0
  for (let retry = 0; ; retry++) {
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof UpstreamFailure) || !error.retryable || retry === policy.retries) throw error
      const wait = error.retryAfter ?? backoff(policy, retry)
      if (waited + wait > policy.waitInAll) throw error
      waited += wait
      onRetry(error, wait)
      await policy.sleep(wait, signal)
    }
  }
}

function backoff({ firstWait, longestWait, random }: RetryPolicy, retry: number): number {
  return Math.min(firstWait * 2 ** retry, longestWait) * (0.5 + random() / 2)
}

/**
 * Milliseconds that an answer asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date. Null when it
 * does not ask, or not in a way that can be read. `now` is in milliseconds.
 */
export function retryAfterOf(header: (name: string) => string | undefined, now: number): number | null {
  const milliseconds = Number.parseFloat(header('retry-after-ms') ?? '')
  if (milliseconds >= 0) return milliseconds
  const given = header('retry-after')
  if (given === undefined) return null
  if (/^[\d.]+$/.test(given)) return Number.parseFloat(given) * 1000
  const date = Date.parse(given)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}
