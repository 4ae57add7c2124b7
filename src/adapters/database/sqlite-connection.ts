import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { TransactionConnection } from './connection.ts'
import type { Query } from './query.ts'

export interface SqliteConnection extends TransactionConnection {
  /** How many rows were changed through this connection so far. */
  changes(): number
}

interface Prepared {
  readonly statement: StatementSync
  readonly columns: readonly string[]
}

/** Runs queries at once, as statements that are prepared when first used and kept. */
export function sqliteConnection(database: DatabaseSync): SqliteConnection {
  const known = new Map<object, Prepared>()
  let changed = 0

  function prepared(query: Query<never, unknown>): Prepared {
    const kept = known.get(query)
    if (kept) return kept
    const statement = database.prepare(query.text)
    const columns = statement.columns().map((column) => column.name)
    if (columns.length > 0) statement.setReturnArrays(true) // building the objects ourselves is cheaper by a quarter
    known.set(query, { statement, columns })
    return { statement, columns }
  }

  async function all<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row[]> {
    const { statement, columns } = prepared(query)
    const rows: unknown[] = statement.all(...bind(query, values))
    if (query.writes) changed += rows.length
    return rows.map((row) => named<Row>(columns, row))
  }

  async function first<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row | undefined> {
    const { statement, columns } = prepared(query)
    const row: unknown = statement.get(...bind(query, values))
    return row === undefined ? undefined : named<Row>(columns, row)
  }

  async function run<Values>(query: Query<Values, unknown>, values: Values): Promise<number> {
    const changes = Number(prepared(query).statement.run(...bind(query, values)).changes)
    changed += changes
    return changes
  }

  async function post<Values>(query: Query<Values, unknown>, values: Values): Promise<void> {
    await run(query, values)
  }
  return { all, first, run, post, postLast: post, changes: () => changed }
}

function bind<Values>(query: Query<Values, unknown>, values: Values): SQLInputValue[] {
  return query.names.map((name) => {
    const value: unknown = values[name]
    // Columns hold text, integers, bytes and null only; a list of texts is for `textsOf`.
    return (Array.isArray(value) ? JSON.stringify(value) : value) as SQLInputValue
  })
}

/** The row as an object. Its query's type says which columns it has. */
function named<Row>(columns: readonly string[], row: unknown): Row {
  const values = row as readonly unknown[]
  const object: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) object[columns[index] as string] = values[index]
  return object as Row
}
