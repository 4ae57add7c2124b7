import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { json } from '../support/json.ts'

const exchange = z.object({
  method: z.enum(['GET', 'POST', 'DELETE']),
  path: z.string(),
  request_type: z.string().nullable(),
  request: json,
  status: z.int(),
  response_type: z.string(),
  response: json,
})

/** A request to the real service and its reply. A body is JSON, or the text of a stream; null when it was not kept. */
export type Exchange = z.infer<typeof exchange>

/** A session with the real service, in its order. */
export interface Recording {
  /** `assistants/StreamingRunWorks` */
  readonly name: string
  readonly exchanges: readonly Exchange[]
}

/** Where the recordings lie: beside the project, of which they are no part, or where `RECORDINGS_DIR` says. */
export const recordingsFolder = process.env.RECORDINGS_DIR || join(import.meta.dirname, '../../../shared/recordings')

/** Every recording there is, by name; none when the folder is absent. */
export function readRecordings(): Recording[] {
  const files = globSync('*/*.json', { cwd: recordingsFolder }).sort()
  return files.map((file) => {
    const text = readFileSync(join(recordingsFolder, file), 'utf8')
    const { exchanges } = z.object({ exchanges: z.array(exchange) }).parse(JSON.parse(text))
    return { name: file.replace(/\.json$/, ''), exchanges }
  })
}
