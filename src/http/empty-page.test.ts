import { expect, test } from 'vitest'
import { listEnvelope } from '../resources/list-envelope.ts'
import { withEmptyIds } from './empty-page.ts'

test('an empty page gets empty ids', () => {
  const page = withEmptyIds(listEnvelope({ items: [], has_more: false }))
  expect(JSON.parse(page)).toEqual({ object: 'list', data: [], first_id: '', last_id: '', has_more: false })
})

test('everything else stays as it is', () => {
  const page = listEnvelope({ items: [{ id: 'msg_1', body: '{"run_id":null}' }], has_more: false })
  expect(withEmptyIds(page)).toBe(page)
})
