import { createHash, timingSafeEqual } from 'node:crypto'
import type { Hono } from 'hono'
import { ApiError } from '../api/error.ts'
import type { Log } from '../lib/log.ts'
import type { LentLogs } from '../ports/events.ts'
import { replyToError, unknownUrl } from './errors.ts'
import { beginExchange } from './exchange.ts'
import { streamEvents } from './sse.ts'

/** What nodes ask of each other. It is no part of the API, and answers nobody who does not know the nodes' secret. */
export interface InternalParts {
  readonly logs: LentLogs
  readonly secret: string
}

/** `GET /internal/jobs/{job_id}/events`: the leg of a run that this node carries out under that job. */
export function mountInternal(app: Hono, { logs, secret }: InternalParts, log: Log): void {
  const isSecret = sameAs(`Bearer ${secret}`)
  app.get('/internal/jobs/:job_id/events', ({ req }) => {
    const exchange = beginExchange()
    if (!isSecret(req.header('authorization') ?? '')) return replyToError(notOneOfUs(), { exchange, log })
    const lent = logs.lent(req.param('job_id'))
    if (!lent) return replyToError(unknownUrl(req.method, req.path), { exchange, log })
    return streamEvents((signal) => lent.follow({ signal }), {
      report: (error) => log.error({ err: error, request_id: exchange.request_id }, 'stream for a node failed'),
    })
  })
}

/** Compares in a time that says nothing about how much of the text was right. */
function sameAs(expected: string): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const wanted = digest(expected)
  return (given) => timingSafeEqual(digest(given), wanted)
}

function notOneOfUs(): ApiError {
  return new ApiError({ status: 401, message: 'This address is for the nodes of this server only.' })
}
