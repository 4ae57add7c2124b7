import type { AttributeFilter, Attributes } from '../../api/vector-store.ts'

type Comparison = Exclude<AttributeFilter, { filters: unknown }>
type Value = Attributes[string]

/**
 * Whether a file with these attributes may be found. A comparison with a key that the file lacks is false, as is one of
 * different types; `ne` and `nin` are true wherever `eq` and `in` would be false.
 */
export function matchesFilter(filter: AttributeFilter, attributes: Attributes): boolean {
  if ('filters' in filter) {
    const { type, filters } = filter
    return filters[type === 'and' ? 'every' : 'some']((part) => matchesFilter(part, attributes))
  }
  return compares(filter, Object.hasOwn(attributes, filter.key) ? attributes[filter.key] : undefined)
}

function compares({ type, value }: Comparison, actual: Value | undefined): boolean {
  switch (type) {
    case 'eq':
      return actual === value
    case 'ne':
      return actual !== value
    case 'in':
      return isOneOf(actual, value)
    case 'nin':
      return !isOneOf(actual, value)
    case 'gt':
      return isOrdered(value, actual)
    case 'gte':
      return isOrdered(value, actual) || (isSortable(actual) && actual === value)
    case 'lt':
      return isOrdered(actual, value)
    case 'lte':
      return isOrdered(actual, value) || (isSortable(actual) && actual === value)
  }
}

/** A value alone stands for a list of one. */
function isOneOf(actual: Value | undefined, value: Comparison['value']): boolean {
  return [value].flat().some((candidate) => candidate === actual)
}

/** Whether the first comes before the second: numbers by size, strings by their code units, so that ISO dates work. */
function isOrdered(first: Comparison['value'] | undefined, second: Comparison['value'] | undefined): boolean {
  if (typeof first === 'number' && typeof second === 'number') return first < second
  return typeof first === 'string' && typeof second === 'string' && first < second
}

function isSortable(value: Value | undefined): boolean {
  return typeof value === 'number' || typeof value === 'string'
}
