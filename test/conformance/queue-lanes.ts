import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NewJob } from '../../src/ports/queue.ts'
import type { Store } from '../../src/ports/store.ts'
import { freshId } from './rows.ts'
import type { CreateDatabase } from './test-database.ts'

const now = 1_700_000_000_000
const lease = { owner: 'worker-1', until: now + 30_000 }

/** How lanes of one project take turns, whoever claims one job after the other. */
export function testLanes(create: CreateDatabase): void {
  test('a short lane need not wait for the end of a long one', async () => {
    await using database = await create()
    const line = new Line(await database.open())
    await line.add('long', 20)
    await line.add('short', 1)
    await line.add(undefined, 1)
    expect(await line.serve(4)).toEqual(['long', 'short', undefined, 'long'])
    await line.add('late', 2)
    expect(await line.serve(5)).toEqual(['long', 'late', 'long', 'late', 'long'])
    expect(await line.serve(20)).toEqual(Array(15).fill('long'))
  })

  test('there may be more lanes than anybody carries out at once', async () => {
    await using database = await create()
    const line = new Line(await database.open())
    for (const lane of ['a', 'b', 'c', 'd']) await line.add(lane, 3)
    expect(await line.serve(12)).toEqual(['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd', 'a', 'b', 'c', 'd'])
  })

  test('a lane is not held back for what it was served, nor is a new one ahead with all its jobs', async () => {
    await using database = await create()
    const line = new Line(await database.open())
    await line.add('old', 12)
    await line.serve(6)
    await line.add('new', 4)
    await line.add('old', 1)
    const rest = await line.serve(11)
    expect(rest.slice(0, 8)).toEqual(['old', 'new', 'old', 'new', 'old', 'new', 'old', 'new'])
    expect(rest.slice(8)).toEqual(['old', 'old', 'old'])
  })

  test('jobs that wait for another try hold up nobody and come first when they are due', async () => {
    await using database = await create()
    const line = new Line(await database.open())
    await line.add('old', 12)
    const [failed] = await line.claim(1)
    await line.store.queue.release(failed?.id ?? '', { owner: lease.owner, runAt: now + 1 })
    await line.serve(6)
    const [held] = await line.claim(1)
    await line.add('new', 3)
    expect(await line.serve(6)).toEqual(['old', 'new', 'old', 'new', 'old', 'new'])
    const [retried] = await line.claim(1, now + 1)
    expect(retried?.id).toBe(failed?.id)
    expect(retried?.id).not.toBe(held?.id)
  })

  test('jobs that pass the line by do not move those that wait in it', async () => {
    await using database = await create()
    const line = new Line(await database.open())
    await line.add('long', 10)
    await line.serve(3)
    for (let index = 0; index < 5; index++) await line.add('quick', 1, { lease })
    await line.add('short', 1)
    expect(await line.serve(3)).toEqual(['long', 'short', 'long'])
  })

  test('each kind has lines of its own, and projects their own lanes', async () => {
    await using database = await create()
    const line = new Line(await database.open())
    await line.add('a', 8, { kind: 'other' })
    await line.add('a', 3)
    await line.add('b', 2)
    expect(await line.serve(4)).toEqual(['a', 'b', 'a', 'b'])
    await line.add('a', 2, { project: 'second' })
    const claimed = await line.claim(3)
    expect(claimed.map((job) => job.project).sort()).toEqual(['project', 'second', 'second'])
  })

  // One in the turn that is being served, and one in each turn up to its own.
  test('a job waits for at most two more of each other lane than there are before it in its own', async () => {
    await using database = await create()
    const store = await database.open()
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 60 }), async (happenings) => {
        const line = new Line(store, freshId('project'))
        for (const each of happenings) {
          if (each.do === 'add') await line.add(each.lane, each.count)
          else if (each.do === 'claim') await line.take()
          else await line.finish()
        }
        while ((await line.take()) !== undefined) await line.finish()
        for (const { before, overtaken } of line.waits) {
          for (const count of overtaken.values()) expect(count).toBeLessThanOrEqual(before + 2)
        }
      }),
      { numRuns: 40 },
    )
  })
}

const happening = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    lane: fc.constantFrom('a', 'b', 'c'),
    count: fc.constantFrom(1, 1, 2, 6),
  }),
  fc.record({ do: fc.constantFrom('claim' as const, 'claim' as const, 'finish' as const, 'finish' as const) }),
)

interface Wait {
  /** How many of its own lane were before it. */
  readonly before: number
  readonly lane: string | undefined
  /** Jobs of other lanes that were claimed while it waited. */
  readonly overtaken: Map<string | undefined, number>
}

/** A queue with one worker, who remembers what waited for what. */
class Line {
  readonly store: Store
  readonly waits: Wait[] = []
  readonly #project: string
  readonly #waiting = new Map<string, Wait>()
  readonly #lanes = new Map<string, string | undefined>()
  readonly #held: string[] = []

  constructor(store: Store, project = 'project') {
    this.store = store
    this.#project = project
  }

  async add(
    lane: string | undefined,
    count: number,
    { project = this.#project, ...change }: Partial<NewJob> & { project?: string } = {},
  ): Promise<void> {
    for (let index = 0; index < count; index++) {
      const id = freshId('job')
      const job = { id, kind: 'index', subject: id, runAt: 0, ...(lane !== undefined && { lane }), ...change }
      await this.store.transaction(project, (tx) => tx.jobs.add(job))
      this.#lanes.set(id, lane)
      const before = this.#waiting
        .values()
        .filter((wait) => wait.lane === lane)
        .toArray().length
      this.#waiting.set(id, { before, lane, overtaken: new Map() })
    }
  }

  claim(limit: number, at = now) {
    return this.store.queue.claim({ kinds: ['index'], lease, now: at, limit })
  }

  /** Claims the next job; answers whether there was one. */
  async take(): Promise<string | undefined> {
    const [job] = await this.claim(1)
    if (!job) return undefined
    const wait = this.#waiting.get(job.id)
    this.#waiting.delete(job.id)
    if (wait) this.waits.push(wait)
    for (const { lane, overtaken } of this.#waiting.values()) {
      if (lane !== wait?.lane) overtaken.set(wait?.lane, (overtaken.get(wait?.lane) ?? 0) + 1)
    }
    this.#held.push(job.id)
    return job.id
  }

  async finish(): Promise<void> {
    const id = this.#held.shift()
    if (id !== undefined) await this.store.transaction(this.#project, (tx) => tx.jobs.complete(id, lease.owner))
  }

  /** Takes up to `count` jobs, one after the other has ended; answers their lanes. */
  async serve(count: number): Promise<(string | undefined)[]> {
    const lanes: (string | undefined)[] = []
    for (let index = 0; index < count; index++) {
      const id = await this.take()
      if (id === undefined) break
      lanes.push(this.#lanes.get(id))
      await this.finish()
    }
    return lanes
  }
}
