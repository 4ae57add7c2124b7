import { z } from '@hono/zod-openapi'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listQuery } from '../api/list.ts'
import { readQuery } from './query.ts'

const schema = listQuery.extend({ include: z.array(z.string()).default([]) })
const read = (query: string) => readQuery(`http://x/v1/things${query}`, schema)

test('values become what their schema takes', () => {
  expect(read('?limit=5&order=asc&after=msg_1')).toEqual({ limit: 5, order: 'asc', after: 'msg_1' })
})

test('unknown keys and keys without a value are ignored', () => {
  expect(read('?api-version=1&foo[]=2&limit=&after=&constructor=1&__proto__=2')).toEqual({})
})

test.each(['include[]=a&include[]=b', 'include[0]=a&include[1]=b', 'include=a&include=b', 'include%5B%5D=a&include=b'])(
  'an array may be written %s',
  (query) => {
    expect(read(`?${query}`)).toEqual({ include: ['a', 'b'] })
  },
)

test('one value in an array', () => {
  expect(read('?include=a')).toEqual({ include: ['a'] })
})

test('a number that is none stays text, for its schema to refuse', () => {
  expect(read('?limit=1e3')).toEqual({ limit: '1e3' })
})

test('a single value given twice is refused', () => {
  expect(() => read('?limit=1&limit=1')).toThrow(
    expect.objectContaining({ code: 'duplicate_parameter', param: 'limit', status: 400 }),
  )
})

test('whatever was encoded is read back', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer(), (after, limit) => {
      const query = new URLSearchParams({ after: after.toWellFormed(), limit: String(limit) })
      expect(read(`?${query}`)).toEqual({ after: after.toWellFormed(), limit })
    }),
  )
})
