import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodeReader } from './code-arguments.ts'

function read(...pieces: string[]): string {
  const reader = createCodeReader()
  return pieces.map((piece) => reader.push(piece)).join('') + reader.end()
}

describe('the code in the arguments of a call', () => {
  it.each([
    ['{"code": "print(1)"}', 'print(1)'],
    [' {"code":"a\\n\\tb \\"c\\" \\\\ \\/"}', 'a\n\tb "c" \\ /'],
    ['{"language": "python", "code": "x = {\\"a\\": 1}"}', 'x = {"a": 1}'],
    ['{"options": {"code": "no", "list": ["}", 1]}, "n": 12, "code": "yes"}', 'yes'],
    ['{"code": "first", "input": "second"}', 'first'],
    ['{"input": "print(2)"}', 'print(2)'],
    ['{"code": "smile \\ud83d\\ude00"}', 'smile 😀'],
    ['{"code": "half \\ud83d"}', 'half \ud83d'],
    ['{"code": "unfinis', 'unfinis'],
    ['print("hello")\n', 'print("hello")\n'],
    ['{"nothing": 1}', ''],
    ['', ''],
  ])('%j', (given, code) => {
    expect(read(given)).toBe(code)
  })

  it('is the same however the arguments are cut', () => {
    const given = fc.record({ note: fc.json(), code: fc.string({ unit: 'grapheme' }), after: fc.integer() })
    fc.assert(
      fc.property(given, fc.array(fc.nat(200)), (value, cuts) => {
        const text = JSON.stringify(value)
        const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b)
        expect(read(...places.slice(1).map((end, index) => text.slice(places[index], end)))).toBe(value.code)
      }),
    )
  })

  it('is shown as soon as it is written', () => {
    const reader = createCodeReader()
    expect(reader.push('{"co')).toBe('')
    expect(reader.push('de": "pri')).toBe('pri')
    expect(reader.push('nt(1)\\')).toBe('nt(1)')
    expect(reader.push('n')).toBe('\n')
  })
})
