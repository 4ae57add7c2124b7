import type pg from 'pg'
import type { Connection } from './connection.ts'
import type { Query } from './query.ts'

/** Whatever sends a statement: the pool, or a client of it. */
export interface Sender {
  query(config: pg.QueryConfig): Promise<pg.QueryResult>
}

/** Runs queries as prepared statements, which every connection of the pool prepares when it first meets them. */
export function postgresConnection(sender: Sender): Connection {
  return {
    async all<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row[]> {
      const { rows } = await send(sender, query, values)
      return rows
    },
    async first<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row | undefined> {
      const { rows } = await send(sender, query, values)
      return rows[0]
    },
    async run(query, values) {
      return (await send(sender, query, values)).rowCount ?? 0
    },
  }
}

export function send<Values>(sender: Sender, query: Query<Values, unknown>, values: Values): Promise<pg.QueryResult> {
  return sender.query({ name: query.name, text: query.text, values: bind(query, values) })
}

/**
 * Values in the order of the statement. Postgres keeps no NUL in a text; JSON escapes it, so what is left are names that
 * clients choose and ids that cannot exist.
 */
function bind<Values>(query: Query<Values, unknown>, values: Values): unknown[] {
  return query.names.map((name) => {
    const value: unknown = values[name]
    return Array.isArray(value) ? value.map(withoutNul) : withoutNul(value)
  })
}

function withoutNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
}

/** Number for the integers, all of which are exact; bytes as bytes; text for the rest. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => parsers.get(oid) ?? String,
}

const parsers = new Map<number, (text: string) => unknown>([
  [20, Number], // bigint
  [23, Number], // integer
  [17, bytes],
])

/** `\x` and hexadecimal digits, which is what servers send since version 9. */
function bytes(text: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(text.slice(2), 'hex')
  return new Uint8Array(buffer, byteOffset, length)
}
