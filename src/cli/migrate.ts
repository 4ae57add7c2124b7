import { migrateStore } from '../adapters/database/open-store.ts'
import { type Config, isPostgres } from '../config.ts'
import { prepareDataFolder } from './data-folder.ts'
import { exitCodeOf, startFailure } from './start-failure.ts'

/** Brings the database to the newest schema, for whoever wants that done before the first server starts. */
export async function migrate(config: Config): Promise<number> {
  try {
    if (!isPostgres(config.databaseUrl)) prepareDataFolder(config.dataDir)
    await migrateStore({ url: config.databaseUrl })
  } catch (error) {
    process.stderr.write(`reprise: ${startFailure(error, config)}\n`)
    return exitCodeOf(error)
  }
  process.stdout.write('The database has the newest schema.\n')
  return 0
}
