import { expect, test } from 'vitest'
import { sectionsOfPage } from './pdf-page.ts'

const long = 'The lamp burns from dusk to dawn. '.repeat(5).trim()

test('a page without bookmarks is one section, under what it begins under', () => {
  expect(sectionsOfPage(['one', 'two'], [], ['A'])).toEqual([{ text: 'one\ntwo', headings: ['A'] }])
})

test('a page is parted at the lines that are titles, however they are numbered', () => {
  const bookmarks = [{ path: ['A', 'Second Light'] }, { path: ['B'] }]
  expect(sectionsOfPage([long, '2.1  Second light', 'two', 'B', 'three'], bookmarks, ['A', 'First'])).toEqual([
    { text: long, headings: ['A', 'First'] },
    { text: '2.1  Second light\ntwo', headings: ['A', 'Second Light'] },
    { text: 'B\nthree', headings: ['B'] },
  ])
})

test('a running head stays with the heading below it', () => {
  expect(sectionsOfPage(['The handbook  7', 'Second', 'two'], [{ path: ['Second'] }], ['First'])).toEqual([
    { text: 'The handbook  7\nSecond\ntwo', headings: ['Second'] },
  ])
})

test('a title that is not found begins where the one before it does', () => {
  expect(sectionsOfPage(['one', 'two'], [{ path: ['Lost'] }], ['First'])).toEqual([
    { text: 'one\ntwo', headings: ['Lost'] },
  ])
})
