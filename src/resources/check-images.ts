import { extname } from 'node:path/posix'
import { badRequest } from '../api/error.ts'
import type { CreateMessageRequest } from '../api/message.ts'
import type { Transaction } from '../ports/store.ts'
import { requireFiles } from './require-files.ts'

const formats = ['.jpeg', '.jpg', '.png', '.gif', '.webp']
const imageData = /^data:image\/(jpeg|jpg|png|gif|webp)[;,]/i

/**
 * Rejects with `ApiError` when an image cannot be one: a file that does not exist or has another ending, an address
 * that the original would refuse. Images written out as `data:` addresses are welcome here, unlike there. `at` is
 * where the content stands in the request.
 */
export async function checkImages(
  tx: Pick<Transaction, 'files'>,
  content: CreateMessageRequest['content'],
  at: string,
): Promise<void> {
  if (typeof content === 'string') return
  for (const [index, part] of content.entries()) {
    if (part.type === 'image_file') await checkImageFile(tx, part.image_file.file_id)
    if (part.type === 'image_url') checkImageUrl(part.image_url.url, `${at}[${index}].image_url.url`)
  }
}

async function checkImageFile(tx: Pick<Transaction, 'files'>, id: string) {
  for (const { filename } of await requireFiles(tx, [id])) {
    const format = extname(filename).toLowerCase()
    if (formats.includes(format)) continue
    throw badRequest(`Invalid message content: Expected file type to be ${supported(format)}.`)
  }
}

function checkImageUrl(url: string, param: string) {
  if (imageData.test(url)) return
  const parsed = URL.parse(url)
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
    throw refused(param, 'Expected an http or https URL, or a data URL with an image.')
  }
  const format = extname(parsed.pathname).toLowerCase()
  if (!formats.includes(format)) throw refused(param, `Expected url to end in ${supported(format)}.`)
}

function supported(got: string) {
  return `a supported format: ${formats.join(', ')} but got ${got || 'none'}`
}

function refused(param: string, reason: string) {
  return badRequest(`Invalid '${param}'. ${reason}`, { param, code: 'invalid_value' })
}
