import { describeQueue } from './queue.ts'
import { sqliteDatabase } from './sqlite-database.ts'
import { describeStore } from './store.ts'

describeStore('SQLite', sqliteDatabase)
describeQueue('SQLite', sqliteDatabase)
