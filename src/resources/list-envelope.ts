import { badRequest } from '../api/error.ts'
import { type Listed, UnknownCursor } from '../ports/store.ts'

/** A page as it is sent: the stored texts joined, none of them parsed. */
export function listEnvelope({ items, has_more }: Listed): string {
  const data = items.map((item) => item.body).join(',')
  const first_id = JSON.stringify(items.at(0)?.id ?? null)
  const last_id = JSON.stringify(items.at(-1)?.id ?? null)
  return `{"object":"list","data":[${data}],"first_id":${first_id},"last_id":${last_id},"has_more":${has_more}}`
}

/**
 * The envelope of a page that the store is about to answer; a cursor that names nothing in the list becomes a 400.
 *
 * `requireParent` rejects when the list belongs to something that does not exist. It is asked only when the page does
 * not prove the opposite by having items, so that the usual list costs one query.
 */
export async function sendList(page: Promise<Listed>, requireParent?: () => Promise<void>): Promise<string> {
  const listed = await page.catch((error: unknown) => (error instanceof UnknownCursor ? error : Promise.reject(error)))
  if (listed instanceof UnknownCursor) {
    await requireParent?.()
    throw unknownCursor(listed)
  }
  if (listed.items.length === 0) await requireParent?.()
  return listEnvelope(listed)
}

function unknownCursor({ param, id }: UnknownCursor) {
  return badRequest(`Invalid '${param}': no item with id '${id}' in this list.`, { param, code: 'invalid_value' })
}
