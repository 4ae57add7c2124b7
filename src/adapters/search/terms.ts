/** Longer words are cut, in passages and queries alike: what is longer is data and not language. */
const longest = 64

/** A run of letters, digits and underscores in any script, with apostrophes inside. */
const runs = /[\p{L}\p{M}\p{N}_]+(?:['’]\p{L}+)*/gu
const plain = /^(?:[a-z]+|[0-9]+)$/
/** Scripts that are written without spaces: only a dictionary knows where a word ends. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
/** `HTTPServer2` is HTTP and Server2, `snake_case` is snake and case. */
const identifierParts = /\p{Lu}+\p{N}*(?!\p{Ll})|\p{Lu}?[^\p{Lu}_]+/gu

const dictionary = new Intl.Segmenter('en', { granularity: 'word' })

/**
 * What a text is found by, in its order: its words in lower case and compatibility form. Identifiers are kept and
 * followed by their parts; so are words of scripts without spaces, by their pairs of characters, since a dictionary cuts
 * the same word differently in different sentences.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = []
  for (const [run] of text.normalize('NFKC').matchAll(runs)) {
    if (plain.test(run)) add(terms, run)
    else if (unspaced.test(run)) addUnspaced(terms, run)
    else addIdentifier(terms, run)
  }
  return terms
}

function add(terms: string[], word: string): void {
  terms.push(singular(word.length > longest ? word.slice(0, longest) : word))
}

function addIdentifier(terms: string[], run: string): void {
  const word = run.replace(/['’]s$/i, '').replaceAll('’', "'")
  add(terms, word.toLowerCase())
  const parts = word.match(identifierParts)
  if (!parts || parts.length < 2) return
  for (const part of parts) add(terms, part.toLowerCase())
}

function addUnspaced(terms: string[], run: string): void {
  for (const { segment, isWordLike } of dictionary.segment(run)) {
    if (!isWordLike) continue
    const word = segment.toLowerCase()
    add(terms, word)
    const characters = [...word]
    if (characters.length < 3 || !unspaced.test(word)) continue
    for (let i = 1; i < characters.length; i++) terms.push(`${characters[i - 1]}${characters[i]}`)
  }
}

/**
 * English plurals and their singulars become one term: Harman's S stemmer ("How effective is suffixing?", 1991), and the
 * `e` that its rules leave behind in `classes` or `batches`. It never joins words that merely begin alike.
 */
function singular(word: string): string {
  if (word.length < 4 || !/^[a-z]+(?:s|e)$/.test(word)) return word
  if (/[^ea]ies?$/.test(word)) return word.replace(/ies?$/, 'y')
  const one = /[^su]s$|[^aeo]es$/.test(word) ? word.slice(0, -1) : word
  return /(?:ss|x|ch|sh)e$/.test(one) ? one.slice(0, -1) : one
}
