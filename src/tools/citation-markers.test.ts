import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMarkerScanner } from './citation-markers.ts'

const source = { file_id: 'file-1', filename: 'foods.txt' }
const find = (message: number, passage: number) => (message === 4 && passage < 2 ? source : undefined)

function scan(...pieces: string[]): string {
  const scanner = createMarkerScanner(find)
  const shown = [...pieces.flatMap((piece) => scanner.push(piece)), ...scanner.end()]
  return shown.map(({ text, source }) => (source ? `<${text}>` : text)).join('')
}

describe('citation markers', () => {
  it.each([
    ['plain text', 'plain text'],
    ['cake【4:0†foods.txt】.', 'cake<【4:0†foods.txt】>.'],
    ['cake【4:1†source】.', 'cake<【4:1†foods.txt】>.'],
    ['cake【4:1】.', 'cake<【4:1†foods.txt】>.'],
    ['two【4:0†a】【4:1†b】', 'two<【4:0†foods.txt】><【4:1†foods.txt】>'],
    ['nowhere【4:2†foods.txt】.', 'nowhere.'],
    ['nowhere【5:0†foods.txt】.', 'nowhere.'],
    ['【重要】これ', '【重要】これ'],
    ['【4:0†unfinished', '【4:0†unfinished'],
    ['【【4:0†x】', '【<【4:0†foods.txt】>'],
    ['【4】 and 【4:】', '【4】 and 【4:】'],
    [`【4:0†${'long'.repeat(100)}】`, `【4:0†${'long'.repeat(100)}】`],
  ])('%j', (text, shown) => {
    expect(scan(text)).toBe(shown)
  })

  it('shows the same however the text is cut', () => {
    const piece = fc.constantFrom(
      '【4:0†foods.txt】',
      '【9:9†x】',
      '【',
      '】',
      '4',
      ':',
      '†',
      'é',
      '😀',
      'text ',
      '【重要】',
    )
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(60)), (pieces, cuts) => {
        const whole = pieces.join('')
        const places = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort(
          (a, b) => a - b,
        )
        const cut = places.slice(1).map((end, index) => whole.slice(places[index], end))
        expect(scan(...cut)).toBe(scan(whole))
      }),
    )
  })

  it('holds nothing back that cannot become a marker', () => {
    const scanner = createMarkerScanner(find)
    expect(
      scanner
        .push('a【b')
        .map(({ text }) => text)
        .join(''),
    ).toBe('a【b')
    expect(scanner.push('【4:').map(({ text }) => text)).toEqual([])
  })
})
