import { strict as assert } from 'node:assert'

/** An element of an array inside a delta: it says where it belongs. */
export type IndexedDelta = { readonly index: number; readonly type: string }

/**
 * What indexed deltas add up to, under the strictest reading of any official client: indices are dense and ascending,
 * an element is not gone back to once the next has begun, its first delta has every field that it will ever have, and
 * the following ones append to text or to arrays and repeat nothing. Without `index`, and without the `quote` that only
 * deltas have.
 */
export function accumulateDeltas(deltas: readonly IndexedDelta[]): unknown[] {
  const elements: Fields[] = []
  for (const delta of deltas) addElement(elements, delta)
  return elements.map(settled)
}

type Fields = { [key: string]: unknown }

function addElement(elements: Fields[], { index, ...delta }: Fields): void {
  const last = elements.at(-1)
  if (index === elements.length) {
    assert.equal(typeof delta.type, 'string')
    elements.push(opened(delta))
  } else {
    assert.ok(last && index === elements.length - 1, `delta for element ${index} of ${elements.length}`)
    const { type, ...addition } = delta
    assert.equal(type, last.type)
    append(last, addition)
  }
}

/** The first delta of an element, in a shape that can be appended to. */
function opened(delta: Fields): Fields {
  return Object.fromEntries(
    Object.entries(delta).map(([key, value]) => {
      if (isFields(value)) return [key, opened(value)]
      if (!Array.isArray(value)) return [key, value]
      const elements: Fields[] = []
      for (const element of value) addElement(elements, element)
      return [key, elements]
    }),
  )
}

function append(fields: Fields, addition: Fields): void {
  for (const [key, value] of Object.entries(addition)) {
    const present = fields[key]
    if (Array.isArray(present) && Array.isArray(value)) for (const element of value) addElement(present, element)
    else if (isFields(present) && isFields(value)) append(present, value)
    else {
      assert.ok(appendable.has(key) && typeof present === 'string', `${key} is sent again, or too late`)
      fields[key] = present + value
    }
  }
}

const appendable = new Set(['value', 'refusal', 'arguments', 'input', 'logs'])

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled)
  if (!isFields(value)) return value
  const kept = Object.entries(value).filter(([key]) => key !== 'quote')
  return Object.fromEntries(kept.map(([key, field]) => [key, settled(field)]))
}
