import { describe, expect, test } from 'vitest'
import { readEventStream } from '../../test/support/event-stream.ts'
import { createFakeApp, tokenEvent } from '../../test/support/fake-app.ts'
import type { StreamEvent } from '../api/stream-event.ts'

const secret = 's3cret'
const events: StreamEvent[] = [tokenEvent('Hi'), { event: 'done', data: '[DONE]' }]
const logs = {
  lent(job_id: string) {
    if (job_id !== 'job_1') return undefined
    return {
      async *follow() {
        yield* events
      },
    }
  },
}

describe('what nodes ask of each other', () => {
  const { app } = createFakeApp({ internal: { logs, secret } })

  test('is answered to those who know the secret', async () => {
    const headers = { authorization: `Bearer ${secret}` }
    const response = await app.request('/internal/jobs/job_1/events', { headers })
    expect(await readEventStream(response)).toEqual(events)
    expect((await app.request('/internal/jobs/job_2/events', { headers })).status).toBe(404)
  })

  test.each([undefined, '', 'Bearer', 'Bearer s3cre', 'Bearer s3cret2', secret])(
    'is refused with %j',
    async (given) => {
      const headers = given === undefined ? {} : { authorization: given }
      expect((await app.request('/internal/jobs/job_1/events', { headers })).status).toBe(401)
    },
  )

  test('is in no document, and nowhere in a server that is alone', async () => {
    expect(await (await app.request('/openapi.json')).text()).not.toContain('internal')
    expect((await createFakeApp().app.request('/internal/jobs/job_1/events')).status).toBe(404)
  })
})
