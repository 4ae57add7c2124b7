/** Reads what a step shows of a call's arguments while the model still writes them. */
export interface InputReader {
  /** Takes the next piece of the arguments; answers what can be shown of it now. */
  push(piece: string): string
  /** What was held back at the end of the arguments. */
  end(): string
}

/** Under which names models hand their code over; the first is what they are told. */
const codeKeys = new Set(['code', 'input', 'python', 'source', 'script'])

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/**
 * Reads the code out of the arguments `{"code": "…"}`, character by character as they come. Arguments that are no object
 * are the code itself, since some models leave the JSON away. The first text under one of the known names counts.
 */
export function createCodeReader(): InputReader {
  let read: (character: string) => string = beforeAnything
  let depth = 0
  let key = ''
  let high = ''

  function push(piece: string): string {
    let shown = ''
    for (const character of piece) shown += read(character)
    return shown
  }

  function end(): string {
    const rest = high
    high = ''
    return rest
  }

  function beforeAnything(character: string): string {
    if (/\s/.test(character)) return ''
    if (character === '{') return go(beforeKey)
    read = asItIs
    return character
  }

  function asItIs(character: string): string {
    return character
  }

  function beforeKey(character: string): string {
    if (character !== '"') return ''
    key = ''
    return go(textOf(addToKey, beforeValue))
  }

  function addToKey(character: string): string {
    key += character
    return ''
  }

  function beforeValue(character: string): string {
    if (/[\s:]/.test(character)) return ''
    if (character === '"') return go(codeKeys.has(key) ? textOf(show, nothingMore) : textOf(skip, beforeKey))
    depth = 0
    read = otherValue
    return read(character)
  }

  /** A number, a list, an object: passed over up to the comma after it. */
  function otherValue(character: string): string {
    if (character === '"') return go(textOf(skip, otherValue))
    if (character === '{' || character === '[') depth += 1
    if (character === '}' || character === ']') depth -= 1
    return character === ',' && depth <= 0 ? go(beforeKey) : ''
  }

  function nothingMore(): string {
    return ''
  }

  /** The characters of a JSON text, its escapes undone, each given to `take`; `after` reads what follows the text. */
  function textOf(take: (character: string) => string, after: typeof read): typeof read {
    function plain(character: string): string {
      if (character === '"') {
        read = after
        return ''
      }
      return character === '\\' ? go(escaped) : take(character)
    }
    function escaped(character: string): string {
      if (character === 'u') return go(unit(''))
      read = plain
      return take(escapes[character] ?? character)
    }
    function unit(digits: string): typeof read {
      return (character) => {
        if (digits.length < 3) return go(unit(digits + character))
        read = plain
        const code = Number.parseInt(digits + character, 16)
        return Number.isNaN(code) ? '' : take(String.fromCharCode(code))
      }
    }
    return plain
  }

  /** Halves of a surrogate pair are shown together. */
  function show(character: string): string {
    const whole = high + character
    high = /^[\ud800-\udbff]$/.test(character) ? character : ''
    return high === '' ? whole : whole.slice(0, -1)
  }

  function skip(): string {
    return ''
  }

  function go(next: typeof read): '' {
    read = next
    return ''
  }

  return { push, end }
}
