import type { Worker } from 'node:worker_threads'
import type { Log } from '../../lib/log.ts'

/** A few threads of one kind, started when they are needed, that take one job at a time from one queue. */
export interface Threads<Job, Result> {
  /**
   * The thread's answer. A job whose thread dies is given to another one once; then it rejects with what ended the
   * thread. Rejects with the signal's reason when it was aborted before a thread took the job.
   */
  run(job: Job, signal?: AbortSignal): Promise<Result>
  /** Ends all threads; jobs under way reject. */
  close(): Promise<void>
}

interface Task<Job, Result> {
  readonly job: Job
  readonly signal: AbortSignal | undefined
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
  isRetry: boolean
}

export function createThreads<Job, Result>({
  count,
  start,
  log,
}: {
  count: number
  /** Starts the thread with this number, 0 to count - 1. It answers each message with one. */
  start: (number: number) => Worker
  log: Log
}): Threads<Job, Result> {
  const waiting: Task<Job, Result>[] = []
  const threads: ({ worker: Worker; task: Task<Job, Result> | undefined } | undefined)[] = new Array(count)
  let isClosed = false

  function run(job: Job, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (isClosed) return reject(new Error('the search index is closed'))
      waiting.push({ job, signal, resolve, reject, isRetry: false })
      giveOut()
    })
  }

  function giveOut(): void {
    for (let number = 0; number < count; number++) {
      if (threads[number]?.task) continue
      const task = nextTask()
      if (!task) return
      const thread = threads[number] ?? open(number)
      threads[number] = thread
      thread.task = task
      thread.worker.ref() // a job holds the process; an idle thread does not
      thread.worker.postMessage(task.job)
    }
  }

  function nextTask(): Task<Job, Result> | undefined {
    while (true) {
      const task = waiting.shift()
      if (!task?.signal?.aborted) return task
      task.reject(task.signal.reason)
    }
  }

  function open(number: number) {
    const worker = start(number)
    const thread: { worker: Worker; task: Task<Job, Result> | undefined } = { worker, task: undefined }
    let failure: Error | undefined
    worker.unref()
    worker.on('message', (result: Result) => {
      const { task } = thread
      thread.task = undefined
      worker.unref()
      task?.resolve(result)
      giveOut()
    })
    worker.on('error', (error: Error) => {
      failure = error
    })
    worker.on('exit', (code) => {
      threads[number] = undefined
      bury(thread.task, failure ?? new Error(`exit code ${code}`))
    })
    return thread
  }

  function bury(task: Task<Job, Result> | undefined, cause: Error): void {
    if (!isClosed) log.warn({ err: cause }, 'search thread ended')
    if (isClosed) task?.reject(new Error('the search index is closed'))
    else if (task?.isRetry) task.reject(new Error('a search thread ended twice over the same work', { cause }))
    else if (task) waiting.unshift({ ...task, isRetry: true })
    giveOut()
  }

  async function close(): Promise<void> {
    isClosed = true
    for (const task of waiting.splice(0)) task.reject(new Error('the search index is closed'))
    await Promise.all(threads.map((thread) => thread?.worker.terminate()))
  }
  return { run, close }
}
