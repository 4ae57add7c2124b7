import { createHash } from 'node:crypto'
import type { CompiledQuery, Kysely, RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Dialect } from './dialect.ts'
import { queryBuilder } from './dialect.ts'
import type { Tables } from './tables.ts'

/**
 * A statement's SQL text, made once, and the names of its parameters in the order in which the text takes them.
 * `Values` are the parameters by name; `Row` is what each row of the answer looks like.
 */
export interface Query<Values, Row = never> {
  readonly text: string
  readonly names: readonly (keyof Values & string)[]
  /** The same for the same text: what a prepared statement is called. */
  readonly name: string
  /** Whether it can change rows. */
  readonly writes: boolean
  /** Only the type is used. */
  readonly rowOf?: Row
}

/** Stands for the value of a parameter while a query is built. */
export type Param<Values> = <Name extends keyof Values & string>(name: Name) => RawBuilder<Values[Name]>

/** Builds queries in one dialect; `db` is the typed builder to build them with. */
export interface QueryCompiler {
  readonly dialect: Dialect
  readonly db: Kysely<Tables>
  /** Takes values from `param` only: a literal has to be written into the text with `sql.lit`. */
  query<Values, Row = never>(build: (param: Param<Values>) => Buildable): Query<Values, Row>
}

type Buildable = { compile(executor: Kysely<Tables>): CompiledQuery }

export function queryCompiler(dialect: Dialect): QueryCompiler {
  const db = queryBuilder(dialect)

  function query<Values, Row>(build: (param: Param<Values>) => Buildable): Query<Values, Row> {
    const markers = new Map<unknown, keyof Values & string>()
    const compiled = build((name) => {
      const marker = { name }
      markers.set(marker, name)
      return sql`${marker}`
    }).compile(db)
    const names = compiled.parameters.map((marker) => {
      const name = markers.get(marker)
      if (name === undefined) throw new Error(`a literal among the parameters of: ${compiled.sql}`)
      return name
    })
    const text = compiled.sql.trim()
    return { text, names, name: nameOf(text), writes: !text.startsWith('select') }
  }
  return { dialect, db, query }
}

function nameOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}

/** Variants of one query, each compiled when it is first needed. */
export function variants<Key extends string | number, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const made = new Map<Key, Made>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = make(key)
    made.set(key, fresh)
    return fresh
  }
}
