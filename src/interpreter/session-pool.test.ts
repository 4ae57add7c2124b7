import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeSandbox } from '../../test/support/fake-sandbox.ts'
import { SandboxFailure } from '../ports/sandbox.ts'
import { createSessionPool, type PoolSettings } from './session-pool.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const { signal } = new AbortController()
const turns = () => new Promise((resolve) => setImmediate(resolve))

function openPool(change: Partial<PoolSettings> = {}, beforeOpen: () => void | Promise<void> = () => {}) {
  const sandbox = new FakeSandbox({ beforeOpen })
  const errors: object[] = []
  const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) }
  const settings = { sessions: 2, idleSeconds: 60, prepared: 0, ...change }
  return { sandbox, errors, pool: createSessionPool({ sandbox, settings, log }) }
}

/** Whether it is settled when nothing else is to be done. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(
    () => (done = true),
    () => (done = true),
  )
  await turns()
  return done
}

test('a ready session is taken, and another made ready', async () => {
  const { sandbox, pool } = openPool({ sessions: 4, prepared: 1 })
  pool.prepare()
  pool.prepare()
  await turns()
  expect(sandbox.sessions).toHaveLength(1)
  const taken = await pool.take(signal)
  expect(taken.session).toBe(sandbox.sessions[0])
  await turns()
  expect(sandbox.sessions).toHaveLength(2)
})

test('what somebody waits for is opened without the packages, which may not be needed', async () => {
  const { sandbox, pool } = openPool({ sessions: 4, prepared: 1 })
  await Promise.all([pool.take(signal), pool.take(signal)])
  await turns()
  expect(sandbox.sessions.map(({ prepared }) => prepared).sort()).toEqual([false, false, true])
})

test('a session that is just being made ready is waited for', async () => {
  const opening = Promise.withResolvers<void>()
  const { sandbox, pool } = openPool({ sessions: 1, prepared: 1 }, () => opening.promise)
  pool.prepare()
  const left = new AbortController()
  const leaving = pool.take(left.signal)
  left.abort(new Error('gone'))
  await expect(leaving).rejects.toThrow('gone')
  const taking = pool.take(signal)
  opening.resolve()
  expect((await taking).session).toBe(sandbox.sessions[0])
  expect(sandbox.sessions).toHaveLength(1)
})

test('a ready session that died is passed over', async () => {
  const { sandbox, pool } = openPool({ prepared: 1 })
  pool.prepare()
  await turns()
  sandbox.sessions[0]?.die('exited')
  const taken = await pool.take(signal)
  expect(taken.session).not.toBe(sandbox.sessions[0])
})

test('a ready session that ends by itself is not replaced before the next use', async () => {
  const { sandbox, pool } = openPool({ sessions: 3, prepared: 1 })
  pool.prepare()
  await turns()
  sandbox.sessions[0]?.die('exited')
  await turns()
  expect(sandbox.sessions).toHaveLength(1)
  await pool.take(signal)
  await turns()
  expect(sandbox.alive).toHaveLength(2)
})

test('who finds no place waits in line, until one is free', async () => {
  const { sandbox, pool } = openPool({ sessions: 1 })
  const first = await pool.take(signal)
  const [second, third] = [pool.take(signal), pool.take(signal)]
  expect(await settled(second)).toBe(false)
  await first.close()
  expect((await second).session).toBe(sandbox.sessions[1])
  expect(await settled(third)).toBe(false)
  sandbox.sessions[1]?.die('memory')
  expect((await third).session).toBe(sandbox.sessions[2])
  expect(sandbox.alive).toHaveLength(1)
})

test('who waits leaves the line with the signal', async () => {
  const { sandbox, pool } = openPool({ sessions: 1 })
  const first = await pool.take(signal)
  const left = new AbortController()
  const [leaving, staying] = [pool.take(left.signal), pool.take(signal)]
  left.abort(new Error('cancelled'))
  await expect(leaving).rejects.toThrow('cancelled')
  await first.close()
  expect((await staying).session).toBe(sandbox.sessions[1])
  await expect(pool.take(left.signal)).rejects.toThrow('cancelled')
})

test('the session that rests longest makes room', async () => {
  const { sandbox, pool } = openPool({ sessions: 3 })
  const [busy, early, late] = [await pool.take(signal), await pool.take(signal), await pool.take(signal)]
  late.rest()
  early.rest()
  expect(late.resume()).toBe(true)
  late.rest()
  await pool.take(signal)
  expect(early.resume()).toBe(false)
  expect(sandbox.alive).toEqual([busy.session, late.session, sandbox.sessions[3]])
})

test('no more sessions are ended than are waited for', async () => {
  const { sandbox, pool } = openPool({ sessions: 3 })
  const held = [await pool.take(signal), await pool.take(signal), await pool.take(signal)]
  const waiting = pool.take(signal)
  for (const each of held) each.rest()
  await waiting
  expect(sandbox.alive).toHaveLength(3)
  expect(held.map((each) => each.resume())).toEqual([false, true, true])
})

test('a session that rests too long is ended, and its use starts the time anew', async () => {
  const { sandbox, pool } = openPool()
  const held = await pool.take(signal)
  held.rest()
  vi.advanceTimersByTime(59_000)
  expect(held.resume()).toBe(true)
  vi.advanceTimersByTime(3_600_000)
  held.rest()
  vi.advanceTimersByTime(59_000)
  expect(sandbox.alive).toHaveLength(1)
  vi.advanceTimersByTime(1_000)
  expect(sandbox.alive).toHaveLength(0)
  expect(held.resume()).toBe(false)
})

test('an end makes room for a session to be ready', async () => {
  const { sandbox, pool } = openPool({ sessions: 1, prepared: 1 })
  const held = await pool.take(signal)
  held.rest()
  await held.close()
  await turns()
  expect(sandbox.alive).toEqual([sandbox.sessions[1]])
})

test('what keeps sessions from being ready is logged once, and tried again with the next use only', async () => {
  let broken = true
  let opened = 0
  const { errors, pool } = openPool({ prepared: 1 }, () => {
    opened += 1
    if (broken) throw new SandboxFailure('no bubblewrap')
  })
  pool.prepare()
  await turns()
  expect([opened, errors.length]).toEqual([1, 1])
  await expect(pool.take(signal)).rejects.toThrow('no bubblewrap')
  pool.prepare()
  await turns()
  expect([opened, errors.length]).toEqual([3, 1])
  broken = false
  await pool.take(signal)
  broken = true
  const second = await pool.take(signal)
  second.rest()
  await second.close()
  await turns()
  expect(errors).toHaveLength(2)
})

test('an opening that fails leaves its place to the next', async () => {
  let broken = true
  const { pool } = openPool({ sessions: 1 }, () => {
    if (broken) throw new SandboxFailure('not now')
  })
  await expect(pool.take(signal)).rejects.toThrow('not now')
  broken = false
  await pool.take(signal)
})

test('closing ends everything and refuses who waits', async () => {
  const { sandbox, pool } = openPool({ sessions: 2, prepared: 1 })
  const held = await pool.take(signal)
  await turns()
  held.rest()
  const ready = sandbox.alive.length
  expect(ready).toBe(2)
  await pool.take(signal)
  await pool.take(signal)
  const waiting = pool.take(signal)
  const closing = pool.close()
  await expect(waiting).rejects.toThrow(SandboxFailure)
  await closing
  expect(sandbox.alive).toEqual([])
  await expect(pool.take(signal)).rejects.toThrow('The server is stopping.')
  pool.prepare()
  await turns()
  expect(sandbox.alive).toEqual([])
})
