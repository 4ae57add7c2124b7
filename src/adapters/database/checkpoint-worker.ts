import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

// A thread of its own, since moving the log into the database writes and syncs. It is told when: any message but
// `close` asks for one checkpoint, and its answer is how far that came.
const database = new DatabaseSync(workerData)
const checkpoint = database.prepare('pragma wal_checkpoint(passive)')

parentPort?.on('message', (message) => {
  if (message !== 'close') return parentPort?.postMessage(checkpoint.get())
  database.close()
  parentPort?.close()
})
