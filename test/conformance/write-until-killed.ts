import { openSqlite } from '../../src/adapters/database/open-database.ts'

// A process for a test to kill: writes to the database that is named on the command line, and prints the id of each
// transaction when it has been acknowledged. Each inserts a thread and a message, so that half of one would show.
// An id is the round, the writer and a count.
const [path = '', round = ''] = process.argv.slice(2)
const store = await openSqlite({ path })
await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)))

async function write(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const id = `${round}-${writer}-${count}`
    await store.transaction('project', async (tx) => {
      await tx.threads.insert({ id, body: 'x'.repeat(4000) })
      await tx.messages.insert({ id: `${id}-message`, thread_id: id, run_id: null, citations: null, body: '{}' })
    })
    process.stdout.write(`${id}\n`)
  }
}
