import type { Log } from '../../lib/log.ts'
import type { Store } from '../../ports/store.ts'
import { jobsChannel } from './dialect.ts'
import { migratePostgres } from './migrate-postgres.ts'
import { busChannel, notificationBus } from './notification-bus.ts'
import { postgresCluster } from './postgres-cluster.ts'
import { postgresConnection } from './postgres-connection.ts'
import { listenToPostgres } from './postgres-listener.ts'
import { openPool } from './postgres-pool.ts'
import { pooledTransactions } from './postgres-transactions.ts'
import { compileQueries } from './queries.ts'
import { jobListeners } from './queue.ts'
import { createStore } from './store.ts'

/** So many connections of one process, beside the one that listens. */
const defaultPoolSize = 16

/**
 * Opens the Postgres database at `url` and brings it to the newest schema. Others may have it open at the same time. It is
 * open for as long as it is not closed: while the database cannot be reached, whatever is asked rejects, and `check` with it.
 */
export async function openPostgres({
  url,
  log,
  poolSize = defaultPoolSize,
}: {
  url: string
  log?: Log
  poolSize?: number
}): Promise<Store> {
  await migratePostgres({ url, log })
  await using opening = new AsyncDisposableStack()
  const pool = openPool({ url, size: poolSize, log })
  opening.defer(() => pool.close())
  const listeners = jobListeners()
  const single = postgresConnection(pool)
  const bus = notificationBus(single)
  const listener = await listenToPostgres({
    url,
    channels: {
      [jobsChannel]: ({ processId }) => {
        if (!pool.isOwn(processId)) listeners.wake() // whoever is here has been told at once
      },
      [busChannel]: ({ payload }) => bus.hear(payload),
    },
    onReturn: listeners.wake,
    log,
  })
  opening.defer(() => listener.close())

  const open = opening.move()
  const store = createStore({
    queries: compileQueries('postgres'),
    reader: single,
    transactions: pooledTransactions(pool),
    listeners,
    shared: true,
    check: () => pool.check(),
    close: () => open.disposeAsync(),
    log,
  })
  return { ...store, cluster: postgresCluster({ single, bus }) }
}
