import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLinkScanner } from './sandbox-links.ts'

const files = new Map([
  ['out.csv', 'file-out'],
  ['out.csv.gz', 'file-gz'],
  ['my plot.png', 'file-plot'],
  ['été/a.txt', 'file-folder'],
])

function scan(...pieces: string[]): string {
  const scanner = createLinkScanner(files)
  const shown = [...pieces.flatMap((piece) => scanner.push(piece)), ...scanner.end()]
  return shown.map(({ text, file_id }) => (file_id ? `<${text}=${file_id}>` : text)).join('')
}

describe('links to files of the sandbox', () => {
  it.each([
    ['no link', 'no link'],
    ['[csv](sandbox:/mnt/data/out.csv)', '[csv](<sandbox:/mnt/data/out.csv=file-out>)'],
    ['See sandbox:/mnt/data/out.csv.', 'See <sandbox:/mnt/data/out.csv=file-out>.'],
    ['sandbox:/mnt/data/out.csv.gz', '<sandbox:/mnt/data/out.csv.gz=file-gz>'],
    ['sandbox:/mnt/data/out.csv_old', 'sandbox:/mnt/data/out.csv_old'],
    ['(sandbox:/mnt/data/my plot.png)', '(<sandbox:/mnt/data/my plot.png=file-plot>)'],
    ['(sandbox:/mnt/data/my%20plot.png)', '(<sandbox:/mnt/data/my%20plot.png=file-plot>)'],
    ['sandbox:/mnt/data/été/a.txt', '<sandbox:/mnt/data/été/a.txt=file-folder>'],
    ['sandbox:/mnt/data/none.csv!', 'sandbox:/mnt/data/none.csv!'],
    ['sandbox:/mnt/da', 'sandbox:/mnt/da'],
    ['sandbox:/mnt/data/sandbox:/mnt/data/out.csv', 'sandbox:/mnt/data/<sandbox:/mnt/data/out.csv=file-out>'],
  ])('%j', (text, shown) => {
    expect(scan(text)).toBe(shown)
  })

  it('are the same however the text is cut', () => {
    const piece = fc.constantFrom(
      'sandbox:',
      '/mnt/data/',
      'out.csv',
      '.gz',
      ')',
      's',
      'my ',
      'plot.png',
      ' text ',
      '😀',
    )
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(80)), (pieces, cuts) => {
        const whole = pieces.join('')
        const places = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort(
          (a, b) => a - b,
        )
        expect(scan(...places.slice(1).map((end, index) => whole.slice(places[index], end)))).toBe(scan(whole))
      }),
    )
  })

  it('hold nothing back that cannot become one', () => {
    const scanner = createLinkScanner(files)
    expect(scanner.push('is sand').map(({ text }) => text)).toEqual(['is '])
    expect(scanner.push('y.').map(({ text }) => text)).toEqual(['sandy.'])
  })
})
