import { expect, test } from 'vitest'
import { UnknownCursor } from '../ports/store.ts'
import { listEnvelope, sendList } from './list-envelope.ts'

const row = (id: string) => ({ id, body: JSON.stringify({ id, note: 'Zoë "quoted"' }) })

test('puts the stored texts into the envelope as they are', () => {
  const text = listEnvelope({ items: [row('a'), row('b')], has_more: true })
  expect(text).toContain(row('a').body)
  expect(JSON.parse(text)).toEqual({
    object: 'list',
    data: [
      { id: 'a', note: 'Zoë "quoted"' },
      { id: 'b', note: 'Zoë "quoted"' },
    ],
    first_id: 'a',
    last_id: 'b',
    has_more: true,
  })
})

test('an empty page has nulls', () => {
  const empty = { object: 'list', data: [], first_id: null, last_id: null, has_more: false }
  expect(JSON.parse(listEnvelope({ items: [], has_more: false }))).toEqual(empty)
})

test('a cursor that names nothing is a 400 about the parameter', async () => {
  const page = Promise.reject(new UnknownCursor('before', 'msg_x'))
  await expect(sendList(page)).rejects.toMatchObject({
    status: 400,
    message: "Invalid 'before': no item with id 'msg_x' in this list.",
    param: 'before',
    code: 'invalid_value',
  })
})

test('asks for the parent only when the page leaves it open', async () => {
  const missing = () => Promise.reject(new Error('no parent'))
  await expect(sendList(Promise.resolve({ items: [row('a')], has_more: false }), missing)).resolves.toContain('"a"')
  await expect(sendList(Promise.resolve({ items: [], has_more: false }), missing)).rejects.toThrow('no parent')
  await expect(sendList(Promise.reject(new UnknownCursor('after', 'x')), missing)).rejects.toThrow('no parent')
})

test('passes on any other trouble', async () => {
  await expect(sendList(Promise.reject(new Error('disk on fire')))).rejects.toThrow('disk on fire')
})
