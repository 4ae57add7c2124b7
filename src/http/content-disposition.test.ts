import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attachmentNamed, readDisposition } from './content-disposition.ts'

test.each([
  ['; name="file"; filename="a.txt"', 'file', 'a.txt'],
  ['; name=purpose', 'purpose', null],
  ["; name=file; filename=a.txt; filename*=utf-8''a.txt", 'file', 'a.txt'],
  ['; name="file"; filename="=?utf-8?B?5L2g?="; filename*=utf-8\'\'%E4%BD%A0%E5%A5%BD.txt', 'file', '你好.txt'],
  ['; name="file"; filename="你好.txt"', 'file', '你好.txt'],
  ['; name="file"; filename*=iso-8859-1\'en\'%A3.txt', 'file', '£.txt'],
  ['; name="file"; filename="a.txt"; filename*=utf-8\'\'%E4%B', 'file', 'a.txt'],
  ['; name="file"; filename="say \\"hi\\".txt"', 'file', 'say "hi".txt'],
  ['; name="file"; filename="say %22hi%22.txt"', 'file', 'say "hi".txt'],
  ['; name="file"; filename="100%25; name=x.txt"', 'file', '100%25; name=x.txt'],
  ['; NAME = "file" ; FileName="a;b.txt"', 'file', 'a;b.txt'],
  ['; filename="a.txt"', null, 'a.txt'],
  ['; name="file"; filename=""', 'file', ''],
])('%s', (header, name, filename) => {
  expect(readDisposition(header)).toEqual({ name, filename })
})

test('a plain name needs no second form', () => {
  expect(attachmentNamed('report 1.csv')).toBe('attachment; filename="report 1.csv"')
})

test('any name is a valid header and survives', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (filename) => {
      const header = attachmentNamed(filename)
      expect(new Headers({ 'content-disposition': header }).get('content-disposition')).toBe(header)
      expect(readDisposition(header.replace('attachment', '')).filename).toBe(filename.toWellFormed())
    }),
  )
})
