import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeQueue } from '../../test/support/fake-queue.ts'
import type { Job } from '../ports/queue.ts'
import type { JobHandler } from './job-handler.ts'
import { createWorker, heartbeatSeconds, leaseSeconds, type Worker } from './worker.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const kind = 'test'
const owner = 'here'

/** Lets everything happen that waits for nothing but its turn. */
const settled = () => vi.advanceTimersByTimeAsync(0)
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)

describe('worker', () => {
  let queue: FakeQueue

  beforeEach(() => {
    vi.useFakeTimers()
    queue = new FakeQueue()
  })
  afterEach(() => vi.useRealTimers())

  async function work(handler: JobHandler, { capacity = 10 } = {}): Promise<Worker> {
    const worker = createWorker({ queue, owner, capacity, log })
    worker.start({ [kind]: handler })
    await settled()
    return worker
  }

  function add(...ids: string[]): void {
    for (const id of ids) queue.add({ id, kind, subject: id, runAt: Date.now() })
  }

  /** The next claim takes its jobs, and answers only when it is told to. */
  function holdNextClaim(): PromiseWithResolvers<void> {
    const answer = Promise.withResolvers<void>()
    const claim = queue.claim.bind(queue)
    vi.spyOn(queue, 'claim').mockImplementationOnce(async (options) => {
      const claimed = await claim(options)
      await answer.promise
      return claimed
    })
    return answer
  }

  /** Jobs that stand still until they are finished, and know how they were interrupted. */
  function standing() {
    const held = new Map<string, PromiseWithResolvers<void>>()
    const signals = new Map<string, AbortSignal>()
    const started: string[] = []
    async function handler({ id }: Job, { signal }: { signal: AbortSignal }): Promise<void> {
      const { promise, ...resolvers } = Promise.withResolvers<void>()
      held.set(id, { promise, ...resolvers })
      signals.set(id, signal)
      started.push(id)
      signal.addEventListener('abort', () => resolvers.resolve())
      await promise
    }
    async function finish(id: string): Promise<boolean> {
      const completed = queue.complete(id, owner)
      held.get(id)?.resolve()
      await settled()
      return completed
    }
    return { handler, started, finish, interruption: (id: string) => signals.get(id)?.reason as unknown }
  }

  it('runs as many jobs at once as it has places for, the oldest first', async () => {
    const jobs = standing()
    const worker = await work(jobs.handler, { capacity: 2 })
    add('a', 'b', 'c')
    await settled()
    expect([worker.running(), jobs.started]).toEqual([2, ['a', 'b']])
    await jobs.finish('b')
    expect([worker.running(), jobs.started]).toEqual([2, ['a', 'b', 'c']])
  })

  it('looks for work that nobody announced', async () => {
    const jobs = standing()
    await work(jobs.handler)
    queue.add({ id: 'later', kind, subject: 'later', runAt: Date.now() + 5000 })
    await seconds(4)
    expect(jobs.started).toEqual([])
    await seconds(2)
    expect(jobs.started).toEqual(['later'])
  })

  it('keeps looking when a claim fails', async () => {
    const jobs = standing()
    const claim = vi.spyOn(queue, 'claim').mockRejectedValueOnce(new Error('no database'))
    await work(jobs.handler)
    expect(claim).toHaveBeenCalledOnce()
    add('a')
    await settled()
    expect(jobs.started).toEqual(['a'])
  })

  describe('a reservation', () => {
    it('holds a place that no claim takes, and gives it to what waits when it is let go', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler, { capacity: 1 })
      const reservation = worker.reserve()
      expect(worker.reserve()).toBeUndefined()
      add('a')
      await settled()
      expect(jobs.started).toEqual([])
      reservation?.release()
      reservation?.release()
      await settled()
      expect(jobs.started).toEqual(['a'])
      expect(worker.reserve()).toBeUndefined()
    })

    it('becomes the run of the job that was added under it', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler, { capacity: 1 })
      const reservation = worker.reserve()
      queue.add({ id: 'a', kind, subject: 'a', runAt: Date.now(), ...reservation })
      reservation?.start({ id: 'a', kind, subject: 'a', project: 'default' })
      reservation?.release()
      expect([worker.running(), worker.reserve()]).toEqual([1, undefined])
      expect(await jobs.finish('a')).toBe(true)
      expect([worker.running(), jobs.started]).toEqual([0, ['a']])
      expect(worker.reserve()).toBeDefined()
    })

    it('is not to be had while older jobs wait, so that nobody overtakes them', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler, { capacity: 1 })
      add('a', 'b')
      await settled()
      const claim = holdNextClaim()
      await jobs.finish('a')
      expect([worker.running(), worker.reserve()]).toEqual([0, undefined])
      claim.resolve()
      await settled()
      expect(jobs.started).toEqual(['a', 'b'])
      await jobs.finish('b')
      expect(worker.reserve()).toBeDefined()
    })
  })

  describe('a job that fails', () => {
    it('is tried again after a rest that grows', async () => {
      const tries: number[] = []
      await work(async ({ attempts }) => {
        tries.push(Date.now())
        expect(attempts).toBe(tries.length)
        if (tries.length < 4) throw new Error('not yet')
        queue.complete('a', owner)
      })
      add('a')
      await seconds(20)
      const rests = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
      expect(rests).toHaveLength(3)
      for (const [index, rest] of rests.entries()) expect(Math.abs(rest - (index + 1) * 1000)).toBeLessThanOrEqual(1000)
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 0 })
    })

    it('does not stand in the way of others', async () => {
      const done: string[] = []
      await work(
        async ({ id }) => {
          if (id === 'poison') throw new Error('never')
          done.push(id)
          queue.complete(id, owner)
        },
        { capacity: 1 },
      )
      add('poison', 'a', 'b')
      await settled()
      expect(done).toEqual(['a', 'b'])
      expect(queue.waiting()).toEqual(['poison'])
    })

    it('is given back with a later heartbeat when that failed at first, though others keep the leases alive', async () => {
      vi.spyOn(queue, 'release').mockRejectedValueOnce(new Error('no database'))
      const jobs = standing()
      let tries = 0
      await work(async (job, options) => {
        if (job.id === 'stays') return jobs.handler(job, options)
        tries += 1
        throw new Error('never')
      })
      add('stays', 'fails')
      await settled()
      expect([tries, queue.holder('fails')]).toEqual([1, owner])
      await seconds(heartbeatSeconds + 1)
      expect(tries).toBe(2)
      expect(await jobs.finish('stays')).toBe(true)
    })
  })

  describe('leases', () => {
    it('are renewed while their jobs run', async () => {
      const jobs = standing()
      await work(jobs.handler)
      add('a')
      await seconds(leaseSeconds * 3)
      expect(jobs.started).toEqual(['a'])
      expect(await jobs.finish('a')).toBe(true)
    })

    it('that were lost end the handler, and the job stays with its new holder', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler)
      add('a', 'b')
      await settled()
      queue.steal('a')
      await seconds(heartbeatSeconds)
      expect([jobs.interruption('a'), jobs.interruption('b')]).toEqual(['lost', undefined])
      expect([worker.running(), queue.holder('a')]).toEqual([1, 'somebody else'])
    })

    it.each([
      ['refuses', () => Promise.reject(new Error('no database'))],
      ['answers nothing', () => new Promise<string[]>(() => {})],
    ])('that a database could not renew, since it %s, end the handler when they lapse', async (_, heartbeat) => {
      const jobs = standing()
      const worker = await work(jobs.handler)
      add('a')
      await settled()
      vi.spyOn(queue, 'heartbeat').mockImplementation(heartbeat)
      await seconds(leaseSeconds - 1)
      expect([jobs.interruption('a'), worker.running()]).toEqual([undefined, 1])
      await seconds(heartbeatSeconds * 2)
      expect([jobs.interruption('a'), worker.running()]).toEqual(['lost', 0])
    })

    it('that nobody took while the database was out of reach are given back when it answers again', async () => {
      const jobs = standing()
      await work(jobs.handler)
      add('a')
      await settled()
      const down = () => Promise.reject(new Error('no database'))
      const spies = (['heartbeat', 'release', 'claim'] as const).map((name) => vi.spyOn(queue, name))
      for (const spy of spies) spy.mockImplementation(down)
      await seconds(leaseSeconds + heartbeatSeconds)
      expect(jobs.interruption('a')).toBe('lost')
      for (const spy of spies) spy.mockRestore()
      await seconds(heartbeatSeconds + 1)
      expect(jobs.started).toEqual(['a', 'a'])
      expect(await jobs.finish('a')).toBe(true)
    })

    it('that lapsed here, as in a laptop that slept, do not run a job twice', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler)
      add('a')
      await settled()
      vi.setSystemTime(Date.now() + leaseSeconds * 2000)
      await seconds(1)
      expect([jobs.started, worker.running()]).toEqual([['a'], 1])
      expect(await jobs.finish('a')).toBe(true)
    })
  })

  describe('stopping', () => {
    it('lets jobs finish within the grace and starts no others', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler)
      add('a')
      await settled()
      const stopped = worker.stop({ graceMs: 5000 })
      add('b')
      expect(worker.reserve()).toBeUndefined()
      await seconds(2)
      expect(jobs.interruption('a')).toBeUndefined()
      await jobs.finish('a')
      await stopped
      expect([jobs.started, queue.waiting()]).toEqual([['a'], ['b']])
    })

    it('interrupts what is left and hands it back, due at once', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler)
      const ids = Array.from({ length: 10 }, (_, index) => `job${index}`)
      add(...ids)
      await settled()
      const stopped = worker.stop({ graceMs: 5000 })
      await seconds(5)
      await stopped
      expect(ids.map(jobs.interruption)).toEqual(ids.map(() => 'handback'))
      expect(queue.waiting()).toEqual(ids)
      const next = standing()
      await work(next.handler)
      expect(next.started).toEqual(ids)
    })

    it('keeps its leases for as long as the grace is', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler)
      add('a')
      await settled()
      const stopped = worker.stop({ graceMs: leaseSeconds * 3000 })
      await seconds(leaseSeconds * 2)
      const thief = await queue.claim({ kinds: [kind], lease: { owner: 'thief', until: 0 }, now: Date.now(), limit: 1 })
      expect(thief).toEqual([])
      await jobs.finish('a')
      await stopped
    })

    it('waits for jobs that are on their way in, and hands them back', async () => {
      const jobs = standing()
      const worker = await work(jobs.handler)
      const claim = holdNextClaim()
      const reservation = worker.reserve()
      add('claimed')
      const over = vi.fn()
      const stopped = worker.stop({ graceMs: 0 }).then(over)
      await seconds(1)
      expect(over).not.toHaveBeenCalled()
      claim.resolve()
      queue.add({ id: 'reserved', kind, subject: 'reserved', runAt: Date.now(), ...reservation })
      reservation?.start({ id: 'reserved', kind, subject: 'reserved', project: 'default' })
      await settled()
      await stopped
      expect(worker.running()).toBe(0)
      expect(queue.waiting()).toEqual(['claimed', 'reserved'])
    })
  })
})
