import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { createThreads, type Threads } from './threads.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const open: Threads<string, string>[] = []

/** Threads that answer each job with its own text, after what `code` does with it. */
function openThreads(code: (start: number) => string, count = 1) {
  let starts = 0
  const threads = createThreads<string, string>({
    count,
    log,
    start: () => {
      const body = `const { parentPort } = require('node:worker_threads')
        parentPort.on('message', (job) => { ${code(++starts)}; parentPort.postMessage(job) })`
      return new Worker(body, { eval: true })
    },
  })
  open.push(threads)
  return { run: threads.run, close: threads.close, starts: () => starts }
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()))
})

test('jobs are answered, each with its own result, and threads stay', async () => {
  const { run, starts } = openThreads(() => '', 2)
  expect(starts()).toBe(0)
  const jobs = Array.from({ length: 20 }, (_, number) => `job ${number}`)
  expect(await Promise.all(jobs.map((job) => run(job)))).toEqual(jobs)
  expect(starts()).toBe(2)
})

test('a thread that dies is replaced, and its job done again', async () => {
  const { run, starts } = openThreads((start) => (start === 1 ? 'process.exit(3)' : ''))
  expect(await Promise.all([run('one'), run('two')])).toEqual(['one', 'two'])
  expect(starts()).toBe(2)
})

test('a job that kills two threads is rejected with what killed them; others are done', async () => {
  const { run, starts } = openThreads(() => `if (job === 'bad') throw new Error('no such luck')`)
  const bad = run('bad')
  const good = run('good')
  await expect(bad).rejects.toMatchObject({
    message: 'a search thread ended twice over the same work',
    cause: { message: 'no such luck' },
  })
  expect(await good).toBe('good')
  expect(starts()).toBe(3)
})

test('a job that was cancelled before its turn is not begun', async () => {
  const { run } = openThreads(() => '')
  const controller = new AbortController()
  const first = run('first')
  const second = run('second', controller.signal)
  controller.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  expect(await first).toBe('first')
})

test('closing rejects what is under way and what waits', async () => {
  const { run, close } = openThreads(() => 'while (true);')
  const jobs = [run('one'), run('two')]
  const refused = Promise.all(jobs.map((job) => expect(job).rejects.toThrow('closed')))
  await close()
  await refused
  await expect(run('three')).rejects.toThrow('closed')
})
