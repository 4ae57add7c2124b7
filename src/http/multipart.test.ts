import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Part, partsOf, readForm } from './multipart.ts'

const boundary = 'b0undary'
const crlf = '\r\n'

function form(...parts: [header: string, body: string][]): string {
  const text = parts.map(([header, body]) => `--${boundary}${crlf}${header}${crlf}${crlf}${body}${crlf}`)
  return `${text.join('')}--${boundary}--${crlf}`
}

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function read(parts: AsyncIterable<Part>) {
  const found: { name: string; filename: string | null; text: string }[] = []
  for await (const { name, filename, data } of parts) {
    const chunks: Uint8Array[] = []
    for await (const chunk of data) chunks.push(chunk)
    found.push({ name, filename, text: Buffer.concat(chunks).toString('latin1') })
  }
  return found
}

const parse = (text: string, sizes = [7]) => read(partsOf(inChunks(Buffer.from(text), sizes), boundary))

test('fields and files, with quotes or without', async () => {
  const text = form(
    ['Content-Disposition: form-data; name=purpose', 'assistants'],
    ['content-type: text/plain\r\ncontent-disposition: form-data; name="file"; filename="a.txt"', 'one\r\n--two'],
    ['Content-Disposition: form-data; name="empty"', ''],
  )
  expect(await parse(text)).toEqual([
    { name: 'purpose', filename: null, text: 'assistants' },
    { name: 'file', filename: 'a.txt', text: 'one\r\n--two' },
    { name: 'empty', filename: null, text: '' },
  ])
})

test('what stands before the first boundary and after the last is no part', async () => {
  const text = `a preamble${crlf}${form(['Content-Disposition: form-data; name=a', '1'])}an epilogue`
  expect(await parse(text)).toEqual([{ name: 'a', filename: null, text: '1' }])
})

test('a form without parts', async () => {
  expect(await parse(`--${boundary}--`)).toEqual([])
})

test('whatever the parts and wherever the chunks break, the parts are the same', async () => {
  const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
  const tricky = fc.array(fc.constantFrom('\r', '\n', '-', '--', boundary, 'x', `\r\n--${boundary.slice(0, -1)}`))
  const text = fc
    .oneof(
      body,
      tricky.map((pieces) => pieces.join('')),
    )
    .filter((t) => !t.includes(`\r\n--${boundary}`))
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 4 }).filter((texts) => texts.every((t) => !`\r\n${t}`.includes(`\r\n--${boundary}`))),
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 }),
      async (texts, sizes) => {
        const parts = texts.map((t, place): [string, string] => [`Content-Disposition: form-data; name="p${place}"`, t])
        const bytes = Buffer.from(form(...parts), 'latin1')
        const found = await read(partsOf(inChunks(bytes, sizes), boundary))
        expect(found.map((part) => part.text)).toEqual(texts)
      },
    ),
  )
})

test('a part that is left half-read is skipped', async () => {
  const text = form(
    ['Content-Disposition: form-data; name=a', 'x'.repeat(1000)],
    ['Content-Disposition: form-data; name=b', '2'],
    ['Content-Disposition: form-data; name=c', '3'],
  )
  const names: string[] = []
  for await (const part of partsOf(inChunks(Buffer.from(text), [10]), boundary)) {
    names.push(part.name)
    if (part.name !== 'a') continue
    for await (const chunk of part.data) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
  }
  expect(names).toEqual(['a', 'b', 'c'])
})

describe('a broken form is a 400', () => {
  test.each([
    ['without an end', form(['Content-Disposition: form-data; name=a', '1']).slice(0, -4)],
    ['cut in a part', form(['Content-Disposition: form-data; name=a', '12345']).slice(0, 60)],
    ['that is no form', 'hello'],
    ['empty', ''],
    ['with a nameless part', form(['Content-Type: text/plain', '1'])],
    ['with an endless header', form([`X: ${'x'.repeat(20_000)}`, '1'])],
  ])('%s', async (_, text) => {
    await expect(parse(text)).rejects.toMatchObject({ name: 'ApiError', status: 400 })
  })
})

describe('readForm', () => {
  const type = { 'content-type': `multipart/form-data; boundary="${boundary}"` }
  const post = (body: string | ReadableStream<Uint8Array>, headers: Record<string, string> = type) =>
    new Request('http://x/', { method: 'POST', body, headers, ...{ duplex: 'half' } })

  const refuse = () => Promise.reject(new Error('refused'))

  test.each([
    ['fails', 1e6, {}, refuse, 'refused'],
    ['finds too much', 60_000, {}, read, 'too large'],
    ['finds that it would be too much', 60_000, { 'content-length': '100152' }, read, 'too large'],
  ])('reads the rest before it %s, so that the client hears of it', async (_, maxBytes, declared, work, message) => {
    let taken = 0
    const bytes = Buffer.from(form(['Content-Disposition: form-data; name=a', 'x'.repeat(100_000)]))
    const source = inChunks(bytes, [1000])
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = await source.next()
        if (next.done) return controller.close()
        taken += next.value.length
        controller.enqueue(next.value)
      },
    })
    await expect(readForm(post(body, { ...type, ...declared }), maxBytes, work)).rejects.toThrow(message)
    expect(taken).toBe(bytes.length)
  })

  test('drops no endless body to its end', async () => {
    let taken = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        taken += 1000
        controller.enqueue(Buffer.alloc(1000, 'x'))
      },
    })
    await expect(readForm(post(body), 10_000, read)).rejects.toMatchObject({ status: 413 })
    expect(taken).toBeLessThan(40_000)
  })

  test('takes no more than it was told to', async () => {
    const body = form(['Content-Disposition: form-data; name=a', 'x'.repeat(5000)])
    await expect(readForm(post(body), 1000, read)).rejects.toMatchObject({ status: 413 })
    const declared = { ...type, 'content-length': '5000' }
    await expect(readForm(post('', declared), 1000, read)).rejects.toMatchObject({ status: 413 })
  })

  test('wants a form with a boundary', async () => {
    await expect(readForm(post('{}', { 'content-type': 'application/json' }), 10, read)).rejects.toMatchObject({
      status: 415,
    })
    await expect(readForm(post('', { 'content-type': 'multipart/form-data; x=1' }), 10, read)).rejects.toMatchObject({
      status: 400,
    })
  })
})
