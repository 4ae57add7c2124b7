import { expect, test } from 'vitest'
import { createInbox } from './inbox.ts'

function createSender() {
  const calls: string[] = []
  return { calls, pause: () => calls.push('pause'), resume: () => calls.push('resume') }
}

test('things are taken in their order, by whoever waits for them', async () => {
  const inbox = createInbox<number>(createSender(), { mostBytes: 10 })
  const first = inbox.take()
  inbox.put(1, 1)
  inbox.put(2, 1)
  inbox.close()
  expect([await first, await inbox.take(), await inbox.take(), await inbox.take()]).toEqual([
    1,
    2,
    undefined,
    undefined,
  ])
})

test('the sender pauses while too much waits', async () => {
  const sender = createSender()
  const inbox = createInbox<number>(sender, { mostBytes: 10 })
  inbox.put(1, 10)
  expect(sender.calls).toEqual([])
  inbox.put(2, 1)
  expect(sender.calls).toEqual(['pause'])
  await inbox.take()
  await inbox.take()
  expect(sender.calls).toEqual(['pause', 'resume'])
})

test('in a hurry it does not pause', () => {
  const sender = createSender()
  const inbox = createInbox<number>(sender, { mostBytes: 10 })
  inbox.put(1, 11)
  inbox.hurry()
  inbox.put(2, 11)
  expect(sender.calls).toEqual(['pause', 'resume'])
})

test('what is discarded is never taken', async () => {
  const inbox = createInbox<number>(createSender(), { mostBytes: 10 })
  inbox.put(1, 1)
  inbox.discard()
  inbox.put(2, 1)
  inbox.close()
  expect(await inbox.take()).toBeUndefined()
})

test('neighbours that go together are taken as one', async () => {
  const join = (a: string, b: string) => (a.startsWith('t') && b.startsWith('t') ? a + b : undefined)
  const inbox = createInbox<string>(createSender(), { mostBytes: 100, join })
  for (const item of ['t1', 't2', 'x', 't3']) inbox.put(item, 1)
  expect([await inbox.take(), await inbox.take(), await inbox.take()]).toEqual(['t1t2', 'x', 't3'])
})
