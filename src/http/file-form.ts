import { z } from '@hono/zod-openapi'
import { badRequest } from '../api/error.ts'
import { type FilePurpose, fileExpiresAfter, uploadPurposes } from '../api/file.ts'
import type { FileSettings, FileUpload } from '../resources/files.ts'
import type { Part } from './multipart.ts'
import { missingParameter } from './validation/messages.ts'
import { parse } from './validation/parse.ts'

/** Around the 512 MB of a file and the 64 MB of a part, with room for the form itself. */
export const maxFileBytes = 513 * 1024 * 1024
export const maxPartBytes = 65 * 1024 * 1024

const maxFieldBytes = 64 * 1024

/**
 * The form of `POST /files`, up to its file. A wrong purpose is refused here when it comes first; when it follows the
 * file, `settings` finds it.
 */
export async function fileUpload(parts: AsyncGenerator<Part>): Promise<FileUpload> {
  const fields = new Map<string, string>()
  const file = await findPart(parts, (part) => part.name === 'file' && part.filename !== null, fields)
  if (file === undefined) throw missingParameter('file')
  if (fields.has('purpose')) requirePurpose(fields.get('purpose'))
  return {
    filename: file.filename ?? '',
    data: file.data,
    async settings() {
      await findPart(parts, () => false, fields)
      return readSettings(fields)
    },
  }
}

/** The bytes of `POST /uploads/{upload_id}/parts`. */
export async function partData(parts: AsyncGenerator<Part>): Promise<AsyncIterable<Uint8Array>> {
  const part = await findPart(parts, ({ name }) => name === 'data', new Map())
  if (part === undefined) throw missingParameter('data')
  return part.data
}

/** Reads on to the part that is looked for; those before it are kept as fields. */
async function findPart(
  parts: AsyncGenerator<Part>,
  isIt: (part: Part) => boolean,
  fields: Map<string, string>,
): Promise<Part | undefined> {
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    if (isIt(next.value)) return next.value
    fields.set(next.value.name, await textOf(next.value))
  }
  return undefined
}

async function textOf({ name, data }: Part): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of data) {
    bytes += chunk.byteLength
    if (bytes > maxFieldBytes) throw badRequest(`Invalid '${name}': the form field is too long.`, { param: name })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readSettings(fields: ReadonlyMap<string, string>): FileSettings {
  return { purpose: requirePurpose(fields.get('purpose')), expires_after: readExpiry(fields) }
}

function requirePurpose(text: string | undefined): FilePurpose {
  if (text === undefined) throw missingParameter('purpose')
  const purpose = uploadPurposes.find((allowed) => allowed === text)
  if (purpose !== undefined) return purpose
  const allowed = uploadPurposes.map((name) => `'${name}'`).join(', ')
  throw badRequest(`'${text}' is not one of [${allowed}] - 'purpose'`, { param: 'purpose' })
}

function readExpiry(fields: ReadonlyMap<string, string>): FileSettings['expires_after'] {
  const anchor = fields.get('expires_after[anchor]')
  const seconds = fields.get('expires_after[seconds]')
  if (anchor === undefined && seconds === undefined) return null
  const given = { anchor, seconds: seconds !== undefined && /^-?\d+$/.test(seconds) ? Number(seconds) : seconds }
  return parse(z.object({ expires_after: fileExpiresAfter }), { expires_after: given }).expires_after
}
