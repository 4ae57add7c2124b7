import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../api/stream-event.ts'
import type { RunLog } from '../../ports/events.ts'
import { createInProcessEvents } from './in-process.ts'

const done: StreamEvent = { event: 'done', data: '[DONE]' }

function marker(message: string): StreamEvent {
  const inner = { message, type: 'server_error', param: null, code: null } as const
  return { event: 'error', data: { error: inner, ...inner } }
}

async function readAll(log: RunLog): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of log.follow({ signal: new AbortController().signal })) events.push(event)
  return events
}

describe('run events of one process', () => {
  it('have a log of each run until it is over', () => {
    const events = createInProcessEvents()
    const log = events.open('run_1', marker('first'))
    expect([events.current('run_1'), events.current('run_2')]).toEqual([log, undefined])
    log.append(done)
    expect([log.over(), events.current('run_1')]).toEqual([true, undefined])
  })

  it('keep the log of the next leg when the one before ends late', async () => {
    const events = createInProcessEvents()
    const first = events.open('run_1')
    const second = events.open('run_1', marker('second'))
    first.append(done)
    expect(events.current('run_1')).toBe(second)
    second.append(done)
    expect(await readAll(second)).toEqual([marker('second'), done])
  })

  it('interrupt whoever listens, for as long as they do', () => {
    const events = createInProcessEvents()
    const heard: string[] = []
    expect(events.interrupt('default', 'run_1', 'cancelled')).toBe(false)
    const stop = events.onInterrupt('run_1', (reason) => heard.push(reason))
    expect(events.interrupt('default', 'run_1', 'expired')).toBe(true)
    expect(events.interrupt('default', 'run_2', 'cancelled')).toBe(false)
    stop()
    expect(events.interrupt('default', 'run_1', 'deleted')).toBe(false)
    expect(heard).toEqual(['expired'])
  })

  it('end all logs when the process stops, and those that come later after their first words', async () => {
    const events = createInProcessEvents()
    const open = [events.open('run_1', marker('a')), events.open('run_2')]
    events.close([marker('stopping'), done])
    const late = events.open('run_3', marker('b'))
    const read = await Promise.all([...open, late].map(readAll))
    expect(read).toEqual([
      [marker('a'), marker('stopping'), done],
      [marker('stopping'), done],
      [marker('b'), marker('stopping'), done],
    ])
    for (const run of ['run_1', 'run_2', 'run_3']) expect(events.current(run)).toBeUndefined()
  })
})
