import type OpenAI from 'openai'
import { toFile } from 'openai'

/** A file that was uploaded, what it may become in a store, and the word that only it has. */
export interface Uploaded {
  readonly id: string
  readonly word: string
  readonly fate: 'completed' | 'unsupported_file' | 'invalid_file'
}

/** Uploads so many small files, twenty at a time, and answers them in order. Every tenth is one that cannot be read. */
export async function uploadMany(client: OpenAI, count: number): Promise<Uploaded[]> {
  const uploaded: Uploaded[] = []
  for (let first = 0; first < count; first += 20) {
    const some = Array.from({ length: 20 }, (_, place) => upload(client, first + place))
    uploaded.push(...(await Promise.all(some)))
  }
  return uploaded
}

async function upload(client: OpenAI, number: number): Promise<Uploaded> {
  const word = wordOf(number)
  const { name, data, fate } = contentOf(number, word)
  const { id } = await client.files.create({ file: await toFile(data, name), purpose: 'assistants' })
  return { id, word, fate }
}

/** Mostly plain text; some pages that a process of their own takes apart. */
function contentOf(number: number, word: string): { name: string; data: Buffer; fate: Uploaded['fate'] } {
  const text = Buffer.from(`Only here: ${word}.`)
  if (number % 20 === 3)
    return { name: `${number}.bin`, data: Buffer.from([0, 159, 146, 150]), fate: 'unsupported_file' }
  if (number % 20 === 13) return { name: `${number}.pdf`, data: text, fate: 'invalid_file' }
  if (number % 25 === 7) return { name: `${number}.html`, data: Buffer.from(`<p>${text}</p>`), fate: 'completed' }
  return { name: `${number}.txt`, data: text, fate: 'completed' }
}

/** A word for each number, and no other has it. */
function wordOf(number: number): string {
  return `q${Array.from(String(number), (digit) => 'abcdefghij'[Number(digit)]).join('')}x`
}
