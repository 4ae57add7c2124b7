import { at, isObject, type Json, type JsonObject } from '../support/json.ts'
import { type Ids, kindOfId } from './ids.ts'

/** What our reply says otherwise than the recorded one. */
export interface Difference {
  /** Counted from the nearest API object: `thread.run.instructions`, `assistant.tools[].type`. */
  readonly where: string
  /** `extra` and `missing` are keys that only we have, or have not. */
  readonly kind: 'extra' | 'missing' | 'type' | 'value' | 'length' | 'id' | 'lifetime'
  readonly recorded: Json | undefined
  readonly ours: Json | undefined
}

/**
 * Every difference between two replies. Ids may differ as long as they name the same things throughout; times may
 * differ as long as both are there; everything else is determined by what was asked and by what the model said.
 */
export function compare(recorded: Json, ours: Json, ids: Ids): Difference[] {
  return [...differences({ where: '', recorded, ours, ids })]
}

interface Pair {
  where: string
  recorded: Json
  ours: Json
  ids: Ids
}

function* differences(pair: Pair): Generator<Difference> {
  const { where, recorded, ours, ids } = pair
  const different = (kind: Difference['kind']): Difference => ({ where, kind, recorded, ours })
  if (isObject(recorded) && isObject(ours)) yield* objectDifferences({ where, recorded, ours, ids })
  else if (Array.isArray(recorded) && Array.isArray(ours)) yield* arrayDifferences({ where, recorded, ours, ids })
  else if (typeOf(recorded) !== typeOf(ours)) yield different('type')
  else if (/_at$/.test(where)) {
    if (!isTime(ours)) yield different('value')
  } else if (typeof recorded === 'string' && typeof ours === 'string' && kindOfId(recorded) !== undefined) {
    if (!ids.pair(recorded, ours)) yield different('id')
  } else if (recorded !== ours) yield different('value')
}

function* objectDifferences({ where, recorded, ours, ids }: Pair & { recorded: JsonObject; ours: JsonObject }) {
  const object = at(recorded, 'object')
  const place = typeof object === 'string' ? object : where
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(ours)])) {
    const [theirs, mine] = [recorded[key], ours[key]]
    const here = place === '' ? key : `${place}.${key}`
    if (theirs === undefined) yield difference(here, 'extra', theirs, mine)
    else if (mine === undefined) yield difference(here, 'missing', theirs, mine)
    else yield* differences({ where: here, recorded: theirs, ours: mine, ids })
  }
  const [lasted, lasts] = [lifetime(recorded), lifetime(ours)]
  if (lasted !== lasts) yield difference(`${place}.expires_at`, 'lifetime', lasted, lasts)
}

function* arrayDifferences({ where, recorded, ours, ids }: Pair & { recorded: Json[]; ours: Json[] }) {
  if (recorded.length !== ours.length) yield difference(where, 'length', recorded, ours)
  for (const [index, theirs] of recorded.entries()) {
    const mine = ours[index]
    if (mine !== undefined) yield* differences({ where: `${where}[]`, recorded: theirs, ours: mine, ids })
  }
}

function difference(
  where: string,
  kind: Difference['kind'],
  recorded: Json | undefined,
  ours: Json | undefined,
): Difference {
  return { where, kind, recorded, ours }
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isTime(value: Json): boolean {
  return value === null || (typeof value === 'number' && Number.isInteger(value) && value > 1_700_000_000)
}

/** How many seconds a run or an upload has from its creation to its expiry; null for all else. */
function lifetime(object: JsonObject): number | null {
  const { object: kind, created_at, expires_at } = object
  if (kind !== 'thread.run' && kind !== 'upload') return null
  return typeof created_at === 'number' && typeof expires_at === 'number' ? expires_at - created_at : null
}
