import { describe, expect, test } from 'vitest'
import type { Job, NewJob } from '../../src/ports/queue.ts'
import type { Store } from '../../src/ports/store.ts'
import { testLanes } from './queue-lanes.ts'
import { freshId, row } from './rows.ts'
import type { CreateDatabase } from './test-database.ts'

const now = 1_700_000_000_000
const lease = { owner: 'worker-1', until: now + 30_000 }
const other = { owner: 'worker-2', until: now + 60_000 }
const any = { kinds: ['run'], now, limit: 100 }

/** What every adapter of the `JobQueue` port must do, and of the `JobWriter` that goes with a transaction. */
export function describeQueue(name: string, create: CreateDatabase): void {
  describe(`queue on ${name}`, () => {
    test('a job is claimed once, by whoever asks first', async () => {
      await using database = await create()
      const { queue, add } = await opened(database)
      const id = await add('project', { subject: 'run_1' })
      expect(await queue.claim({ ...any, lease })).toEqual([
        { id, project: 'project', kind: 'run', subject: 'run_1', attempts: 1 },
      ])
      expect(await queue.claim({ ...any, lease: other })).toEqual([])
      expect(await queue.claim({ ...any, lease })).toEqual([])
    })

    test('of many that claim at once, each job goes to one', async () => {
      await using database = await create()
      const { queue, add } = await opened(database)
      const ids: string[] = []
      for (let index = 0; index < 20; index++) ids.push(await add(`project_${index % 3}`))
      const claimed = await Promise.all(
        Array.from({ length: 10 }, (_, worker) =>
          queue.claim({ ...any, limit: 3, lease: { owner: `worker-${worker}`, until: now + 1000 } }),
        ),
      )
      for (const jobs of claimed) expect(jobs.length).toBeLessThanOrEqual(3)
      expect(idsOf(claimed.flat()).sort()).toEqual(ids)
    })

    test('the oldest come first, and only those that are due and of a wanted kind', async () => {
      await using database = await create()
      const { queue, add } = await opened(database)
      const first = await add('project')
      const later = await add('project', { runAt: now + 1 })
      const mail = await add('project', { kind: 'mail' })
      const due = await add('project', { runAt: now })
      expect(idsOf(await queue.claim({ ...any, limit: 1, lease }))).toEqual([first])
      expect(idsOf(await queue.claim({ ...any, lease }))).toEqual([due])
      expect(await queue.claim({ ...any, kinds: [], lease })).toEqual([])
      expect(idsOf(await queue.claim({ ...any, kinds: ['mail', 'run'], now: now + 1, lease }))).toEqual([later, mail])
    })

    test('projects take turns, however many jobs one of them has', async () => {
      await using database = await create()
      const { queue, add } = await opened(database)
      for (let index = 0; index < 20; index++) await add('busy')
      await add('calm')
      await add('quiet')
      await add('calm')
      const first = await queue.claim({ ...any, limit: 4, lease })
      expect(projectsOf(first)).toEqual(['busy', 'busy', 'calm', 'quiet'])
      const second = await queue.claim({ ...any, limit: 3, lease })
      expect(projectsOf(second), 'calm has fewer under way than busy').toEqual(['busy', 'busy', 'calm'])
      await add('quiet')
      await add('new')
      const third = await queue.claim({ ...any, limit: 2, lease })
      expect(projectsOf(third)).toEqual(['new', 'quiet'])
    })

    describe('lanes', () => testLanes(create))

    test('a lease that lapsed gives the job to the next, who is told how often it was tried', async () => {
      await using database = await create()
      const { queue, add, store } = await opened(database)
      const id = await add('project')
      await queue.claim({ ...any, lease })
      expect(await queue.claim({ ...any, now: lease.until - 1, lease: other })).toEqual([])
      expect(await queue.claim({ ...any, now: lease.until, lease: other })).toMatchObject([{ id, attempts: 2 }])
      expect(await queue.heartbeat({ ...lease, until: now + 90_000 })).toEqual([])
      await store.transaction('project', async (tx) => {
        expect(await tx.jobs.held(id, lease.owner)).toBe(false)
        expect(await tx.jobs.complete(id, lease.owner)).toBe(false)
        expect(await tx.jobs.held(id, other.owner)).toBe(true)
      })
      await queue.release(id, { owner: lease.owner, runAt: now })
      expect(await queue.heartbeat(other), 'a release by who lost it does nothing').toEqual([id])
    })

    test('a heartbeat extends every lease of its owner', async () => {
      await using database = await create()
      const { queue, add } = await opened(database)
      const ids = [await add('project'), await add('project')]
      await queue.claim({ ...any, lease })
      const stranger = await add('project')
      await queue.claim({ ...any, lease: other })
      expect((await queue.heartbeat({ ...lease, until: now + 90_000 })).sort()).toEqual(ids)
      const claimed = await queue.claim({
        ...any,
        now: now + 89_999,
        lease: { owner: 'worker-3', until: now + 200_000 },
      })
      expect(idsOf(claimed)).toEqual([stranger])
      expect(await queue.heartbeat({ owner: 'nobody', until: now + 90_000 })).toEqual([])
    })

    test('a released job waits for its time and then is anybody’s', async () => {
      await using database = await create()
      const { queue, add } = await opened(database)
      const id = await add('project')
      await queue.claim({ ...any, lease })
      await queue.release(id, { owner: lease.owner, runAt: now + 500 })
      expect(await queue.heartbeat(lease)).toEqual([])
      expect(await queue.claim({ ...any, now: now + 499, lease: other })).toEqual([])
      expect(await queue.claim({ ...any, now: now + 500, lease: other })).toMatchObject([{ id, attempts: 2 }])
      await queue.release('job_none', { owner: 'nobody', runAt: now })
    })

    test('a job that is added under a lease belongs to its owner at once', async () => {
      await using database = await create()
      const { queue, add } = await opened(database)
      const id = await add('project', { lease })
      expect(await queue.claim({ ...any, lease: other })).toEqual([])
      expect(await queue.heartbeat(lease)).toEqual([id])
      expect(await queue.claim({ ...any, now: lease.until, lease: other })).toMatchObject([{ id, attempts: 2 }])
    })

    test('a job that is kept for somebody is accepted by it, unless its time is over and another has claimed it', async () => {
      await using database = await create()
      const { queue, add, store } = await opened(database)
      const [kept, late] = [await add('project', { lease }), await add('project', { lease })]
      const { until } = other
      const of = { from: lease.owner, lease: other }
      expect(await queue.accept({ project: 'stranger', id: kept }, of)).toBeUndefined()
      expect(await queue.accept({ project: 'project', id: kept }, { ...of, from: 'worker-3' })).toBeUndefined()
      expect(await queue.accept({ project: 'project', id: kept }, of)).toMatchObject({ id: kept, attempts: 1 })
      expect(await queue.accept({ project: 'project', id: kept }, of)).toBeUndefined()
      expect(idsOf(await queue.claim({ ...any, now: until - 1, lease: { owner: 'worker-3', until } }))).toEqual([late])
      expect(await queue.accept({ project: 'project', id: late }, of)).toBeUndefined()
      expect(await queue.heartbeat(other)).toEqual([kept])
      expect(await store.transaction('project', (tx) => tx.jobs.complete(kept, other.owner))).toBe(true)
    })

    test('completing removes the job in the transaction, and again does nothing', async () => {
      await using database = await create()
      const { queue, add, store } = await opened(database)
      const id = await add('project', { lease })
      const undone = store.transaction('project', async (tx) => {
        expect(await tx.jobs.complete(id, lease.owner)).toBe(true)
        throw new Error('undone')
      })
      await expect(undone).rejects.toThrow('undone')
      expect(await queue.heartbeat(lease)).toEqual([id])
      expect(await store.transaction('project', (tx) => tx.jobs.complete(id, other.owner))).toBe(false)
      expect(await store.transaction('project', (tx) => tx.jobs.complete(id, lease.owner))).toBe(true)
      expect(await store.transaction('project', (tx) => tx.jobs.complete(id, lease.owner))).toBe(false)
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 0 })
    })

    test('the jobs about a subject go together', async () => {
      await using database = await create()
      const { queue, add, store } = await opened(database)
      await add('project', { subject: 'run_1' })
      await add('project', { subject: 'run_1', lease })
      await add('project', { subject: 'run_2' })
      await store.transaction('project', (tx) => tx.jobs.removeAbout('run_1'))
      expect(await queue.depth()).toEqual({ waiting: 1, leased: 0 })
      expect(await queue.claim({ ...any, lease })).toMatchObject([{ subject: 'run_2' }])
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 1 })
    })

    test('listeners hear of free jobs after the commit, and of nothing else', async () => {
      await using database = await create()
      const { queue, add, store } = await opened(database)
      const heard: string[] = []
      let claiming: Promise<Job[]> | undefined
      const stop = queue.onAdded(() => {
        heard.push('first')
        claiming ??= queue.claim({ ...any, lease })
      })
      queue.onAdded(() => heard.push('second'))
      await add('project', { lease: other })
      await store.transaction('project', (tx) => tx.threads.insert(row.thread()))
      await expect(
        store.transaction('project', async (tx) => {
          await tx.jobs.add(jobOf({}))
          throw new Error('undone')
        }),
      ).rejects.toThrow('undone')
      expect(heard).toEqual([])
      const id = await add('project')
      expect(heard).toEqual(['first', 'second'])
      expect(await claiming).toMatchObject([{ id }])
      stop()
      await queue.release(id, { owner: lease.owner, runAt: now })
      expect(heard).toEqual(['first', 'second', 'second'])
    })
  })
}

async function opened(database: { open(): Promise<Store> }) {
  const store = await database.open()
  async function add(project: string, job: Partial<NewJob> = {}): Promise<string> {
    const added = jobOf(job)
    await store.transaction(project, (tx) => tx.jobs.add(added))
    return added.id
  }
  return { store, queue: store.queue, add }
}

function jobOf(job: Partial<NewJob>): NewJob {
  return { id: freshId('job'), kind: 'run', subject: freshId('run'), runAt: 0, ...job }
}

function idsOf(jobs: readonly Job[]): string[] {
  return jobs.map((job) => job.id)
}

function projectsOf(jobs: readonly Job[]): string[] {
  return jobs.map((job) => job.project).sort()
}
