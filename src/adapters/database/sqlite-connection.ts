import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Connection } from './connection.ts'
import type { Query } from './query.ts'

export interface SqliteConnection extends Connection {
  /** How many rows were changed through this connection so far. */
  changes(): number
}

/** Runs queries at once, as statements that are prepared when first used and kept. */
export function sqliteConnection(database: DatabaseSync): SqliteConnection {
  const statements = new Map<object, StatementSync>()
  let changed = 0

  function statement(query: Query<never, unknown>): StatementSync {
    const known = statements.get(query)
    if (known) return known
    const prepared = database.prepare(query.text)
    statements.set(query, prepared)
    return prepared
  }

  async function all<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row[]> {
    const rows = statement(query).all(...bind(query, values))
    if (query.writes) changed += rows.length
    return rows as Row[] // the query's own type says what its columns are
  }

  async function first<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row | undefined> {
    return statement(query).get(...bind(query, values)) as Row | undefined
  }

  async function run<Values>(query: Query<Values>, values: Values): Promise<number> {
    const changes = Number(statement(query).run(...bind(query, values)).changes)
    changed += changes
    return changes
  }
  return { all, first, run, changes: () => changed }
}

function bind<Values>(query: Query<Values, unknown>, values: Values): SQLInputValue[] {
  return query.names.map((name) => values[name] as SQLInputValue) // columns hold text, integers and null only
}
