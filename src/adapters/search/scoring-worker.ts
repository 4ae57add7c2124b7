import { parentPort, workerData } from 'node:worker_threads'
import { createScorer } from './scorer.ts'
import type { SearchJob } from './search-jobs.ts'

// A thread that scores segments where they lie, in memory that all threads share.
const { memory, scratch }: { memory: WebAssembly.Memory; scratch: number } = workerData
const scorer = createScorer(memory, scratch)

parentPort?.on('message', (job: SearchJob) => {
  const result = scorer.run(job)
  const arrays = [result].flat().flatMap((part) => Object.values(part))
  parentPort?.postMessage(
    result,
    arrays.map(({ buffer }) => buffer),
  )
})
