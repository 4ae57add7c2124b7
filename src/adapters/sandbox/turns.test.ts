import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('one has its turn at a time, in the order in which they came', async () => {
  const turns = createTurns()
  const order: string[] = []
  async function visit(name: string): Promise<void> {
    using _ = await turns.take()
    order.push(`${name} in`)
    await Promise.resolve()
    order.push(`${name} out`)
  }
  await Promise.all(['a', 'b', 'c'].map(visit))
  await visit('d')
  expect(order.join(', ')).toBe('a in, a out, b in, b out, c in, c out, d in, d out')
})

test('who gives up waiting does not hold the others up', async () => {
  const turns = createTurns()
  const first = await turns.take()
  const abort = new AbortController()
  const second = turns.take(abort.signal)
  const third = turns.take()
  abort.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  await expect(turns.take(abort.signal)).rejects.toThrow('enough')
  first[Symbol.dispose]()
  await third
})

test('all are let in when there is nothing left to share', async () => {
  const turns = createTurns()
  await turns.take()
  const waiting = [turns.take(), turns.take()]
  turns.open()
  expect(await Promise.all(waiting)).toHaveLength(2)
})
