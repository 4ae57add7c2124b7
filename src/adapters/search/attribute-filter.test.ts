import { describe, expect, test } from 'vitest'
import type { AttributeFilter } from '../../api/vector-store.ts'
import { matchesFilter } from './attribute-filter.ts'

const attributes = { year: 2024, author: 'Ada', draft: false, date: '2024-05-01' }

describe('a comparison', () => {
  const cases: [AttributeFilter, boolean][] = [
    [{ type: 'eq', key: 'year', value: 2024 }, true],
    [{ type: 'eq', key: 'year', value: '2024' }, false],
    [{ type: 'eq', key: 'draft', value: false }, true],
    [{ type: 'ne', key: 'year', value: 2024 }, false],
    [{ type: 'ne', key: 'year', value: 2023 }, true],
    [{ type: 'ne', key: 'year', value: '2024' }, true],
    [{ type: 'gt', key: 'year', value: 2023 }, true],
    [{ type: 'gt', key: 'year', value: 2024 }, false],
    [{ type: 'gt', key: 'year', value: '2023' }, false],
    [{ type: 'gte', key: 'year', value: 2024 }, true],
    [{ type: 'gte', key: 'year', value: 2025 }, false],
    [{ type: 'lt', key: 'year', value: 2025 }, true],
    [{ type: 'lt', key: 'year', value: 2024 }, false],
    [{ type: 'lte', key: 'year', value: 2024 }, true],
    [{ type: 'lte', key: 'draft', value: false }, false],
    [{ type: 'lt', key: 'date', value: '2024-06-01' }, true],
    [{ type: 'gt', key: 'date', value: '2024-06-01' }, false],
    [{ type: 'in', key: 'author', value: ['Ada', 'Grace'] }, true],
    [{ type: 'in', key: 'author', value: ['Grace'] }, false],
    [{ type: 'in', key: 'author', value: 'Ada' }, true],
    [{ type: 'in', key: 'year', value: ['2024'] }, false],
    [{ type: 'nin', key: 'author', value: ['Ada', 'Grace'] }, false],
    [{ type: 'nin', key: 'author', value: ['Grace'] }, true],
  ]
  test.each(cases)('%o is %s', (filter, expected) => {
    expect(matchesFilter(filter, attributes)).toBe(expected)
  })
})

test.each([
  ['eq', false],
  ['ne', true],
  ['gt', false],
  ['gte', false],
  ['lt', false],
  ['lte', false],
  ['in', false],
  ['nin', true],
] as const)('a file without the key: %s is %s', (type, expected) => {
  expect(matchesFilter({ type, key: 'language', value: 'de' }, attributes)).toBe(expected)
  expect(matchesFilter({ type, key: 'constructor', value: 'de' }, attributes)).toBe(expected)
})

describe('several filters', () => {
  const yes: AttributeFilter = { type: 'eq', key: 'author', value: 'Ada' }
  const no: AttributeFilter = { type: 'eq', key: 'author', value: 'Grace' }
  test.each<[AttributeFilter, boolean]>([
    [{ type: 'and', filters: [yes, yes] }, true],
    [{ type: 'and', filters: [yes, no] }, false],
    [{ type: 'or', filters: [no, yes] }, true],
    [{ type: 'or', filters: [no, no] }, false],
    [{ type: 'and', filters: [yes, { type: 'or', filters: [no, { type: 'ne', key: 'x', value: 1 }] }] }, true],
    [{ type: 'and', filters: [] }, true],
    [{ type: 'or', filters: [] }, false],
  ])('%o is %s', (filter, expected) => {
    expect(matchesFilter(filter, attributes)).toBe(expected)
  })
})
