import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../api/stream-event.ts'
import { createRunLog } from './run-log.ts'

const done: StreamEvent = { event: 'done', data: '[DONE]' }

function delta(value: string, id = 'msg_1'): StreamEvent {
  const content = [{ index: 0, type: 'text' as const, text: { value } }]
  return { event: 'thread.message.delta', data: { id, object: 'thread.message.delta', delta: { content } } }
}

function marker(message: string): StreamEvent {
  const inner = { message, type: 'server_error', param: null, code: null } as const
  return { event: 'error', data: { error: inner, ...inner } }
}

/** What a reader makes of a stream: text by message, and everything else in its place. */
function reading(events: readonly StreamEvent[]): string {
  return events
    .map((event) => {
      if (event.event === 'thread.message.delta') {
        const [part] = event.data.delta.content
        return part?.type === 'text' ? `${event.data.id}:${part.text.value}` : '?'
      }
      return `<${event.event === 'error' ? event.data.message : event.event}>`
    })
    .join('|')
    .replaceAll(/\|msg_\d:/g, (separator, at: number, all: string) => {
      const previous = all.slice(0, at).lastIndexOf('msg_')
      const between = all.slice(previous, at)
      return !between.includes('<') && previous >= 0 && between.startsWith(separator.slice(1)) ? '' : separator
    })
}

async function readAll(log: ReturnType<typeof createRunLog>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of log.follow({ signal: new AbortController().signal })) events.push(event)
  return events
}

describe('run log', () => {
  it('gives a late follower everything, and one that came early what it has not seen', async () => {
    const log = createRunLog()
    log.append(marker('a'), delta('x'))
    const early = readAll(log)
    log.append(delta('y'), done)
    expect(reading(await early)).toBe('<a>|msg_1:xy|<done>')
    expect(reading(await readAll(log))).toBe('<a>|msg_1:xy|<done>')
  })

  it('refuses what comes after done', () => {
    const log = createRunLog()
    log.append(done)
    expect(() => log.append(delta('late'))).toThrow(/over/)
  })

  it('ends a follower whose signal aborts, also while it waits', async () => {
    const log = createRunLog()
    const abort = new AbortController()
    const follower = log.follow({ signal: abort.signal })[Symbol.asyncIterator]()
    const waiting = follower.next()
    abort.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('holds text, not tokens: a million deltas stay a handful of entries for a follower that never reads', async () => {
    const log = createRunLog()
    const slow = log.follow({ signal: new AbortController().signal })[Symbol.asyncIterator]()
    log.append(delta('first'))
    expect((await slow.next()).value).toEqual(delta('first'))
    for (let token = 0; token < 1_000_000; token++) log.append(delta('t'))
    log.append(done)
    const rest: StreamEvent[] = []
    for (let next = await slow.next(); !next.done; next = await slow.next()) rest.push(next.value)
    expect(rest.length).toBeLessThan(150)
    expect(reading(rest)).toBe(`msg_1:${'t'.repeat(1_000_000)}|<done>`)
  })

  it('says the same to every follower, however slowly each of them reads', async () => {
    const piece = fc.oneof(
      {
        weight: 20,
        arbitrary: fc
          .tuple(fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', 'é') }), fc.constantFrom('msg_1', 'msg_2'))
          .map(([text, id]) => delta(text, id)),
      },
      { weight: 1, arbitrary: fc.constant(marker('m')) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 1500, size: 'max' }),
        fc.array(fc.nat(1500), { maxLength: 4 }),
        async (events, pauses) => {
          const log = createRunLog()
          const readers = pauses.map(() => log.follow({ signal: new AbortController().signal })[Symbol.asyncIterator]())
          const seen = pauses.map((): StreamEvent[] => [])
          for (const [at, event] of events.entries()) {
            log.append(event)
            for (const [index, pause] of pauses.entries()) {
              if (at % (pause + 1) === 0) seen[index]?.push((await readers[index]?.next())?.value as StreamEvent)
            }
          }
          log.append(done)
          for (const [index, reader] of readers.entries()) {
            for (let next = await reader.next(); !next.done; next = await reader.next()) seen[index]?.push(next.value)
            expect(reading(seen[index] ?? [])).toBe(reading([...events, done]))
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})
