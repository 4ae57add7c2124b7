import type { Dispatcher } from 'undici'
import { headerOf, readText } from './connection.ts'
import { retryAfterOf } from './retry.ts'
import { type FailureContext, failureOfAnswer, type UpstreamFailure } from './upstream-failure.ts'

const maxLength = 64 * 1024

/** Why an answer is not 200, in its own words where it has some. `now` is in milliseconds. */
export async function refusalOf(
  response: Dispatcher.ResponseData,
  { context, now }: { context: FailureContext; now: number },
): Promise<UpstreamFailure> {
  const retryAfter = retryAfterOf((name) => headerOf(response, name), now)
  // When the rest of the answer is lost, the status alone says what happened.
  const body = await readText(response.body, maxLength).catch(() => '')
  return failureOfAnswer({ status: response.statusCode, body, retryAfter }, context)
}
