import { expect, test } from 'vitest'
import { termsOf } from './terms.ts'

test.each([
  ['The Refund POLICY', ['the', 'refund', 'policy']],
  ["the user's, don’t", ['the', 'user', "don't"]],
  ['getUserName', ['getusername', 'get', 'user', 'name']],
  ['max_num_results', ['max_num_results', 'max', 'num', 'result']],
  ['HTTPServer2 GPT4', ['httpserver2', 'http', 'server2', 'gpt4']],
  ['OPENAI_API_KEY __init__', ['openai_api_key', 'openai', 'api', 'key', '__init__']],
  ['ﬁle Ｆｕｌｌ Ⅳ', ['file', 'full', 'iv']],
  ['Straße naïve КНИГА', ['straße', 'naïve', 'книга']],
  ['file.txt: 3.14 50%', ['file', 'txt', '3', '14', '50']],
  ['日本の首都', ['日本', 'の', '首都']],
  ['?! … —', []],
  ['', []],
])('%s', (text, terms) => {
  expect(termsOf(text)).toEqual(terms)
})

test.each([
  ['policies', 'policy'],
  ['batches', 'batch'],
  ['boxes', 'box'],
  ['classes', 'class'],
  ['caches', 'cache'],
  ['cookies', 'cookie'],
  ['queries', 'query'],
  ['files', 'file'],
  ['houses', 'house'],
  ['indexes', 'index'],
])('%s and %s are one term', (many, one) => {
  expect(termsOf(many)).toEqual(termsOf(one))
})

test.each(['glass', 'status', 'gas', 'organisation', 'universal', 'naïves', 'v8s'])('%s stays apart', (word) => {
  expect(termsOf(word)).not.toEqual(termsOf(word.slice(0, -1)))
})

test('words of scripts without spaces are found by their parts', () => {
  expect(termsOf('東京都庁')).toEqual(expect.arrayContaining(['東京']))
  expect(termsOf('ภาษาไทย')).toEqual(expect.arrayContaining(['ภาษา', 'ไทย']))
})

test('very long words are cut alike wherever they stand', () => {
  const word = 'x'.repeat(100_000)
  expect(termsOf(word)).toEqual(termsOf(`${word}y`))
  expect(termsOf(word)[0]?.length).toBeLessThan(100)
})
