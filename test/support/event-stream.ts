import { strict as assert } from 'node:assert'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { StreamEvent } from '../../src/api/stream-event.ts'

/**
 * The events of a streamed reply as they stand on the wire, in order, `done` included. Fails when the reply is not a
 * stream, when data is not one line of JSON, or when `done` is missing or not last.
 */
export async function readEventStream(response: Response): Promise<StreamEvent[]> {
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.ok(response.body)
  const events: StreamEvent[] = []
  const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { event, data, id } of frames) {
    assert.equal(id, undefined, 'an event with an id')
    assert.ok(!data.includes('\n'), 'data of more than one line')
    assert.notEqual(events.at(-1)?.event, 'done', `${event} after done`)
    events.push({ event, data: event === 'done' ? data : JSON.parse(data) } as StreamEvent)
  }
  assert.deepEqual(events.at(-1), { event: 'done', data: '[DONE]' })
  return events
}
