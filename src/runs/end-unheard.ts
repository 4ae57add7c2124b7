import { fromText } from '../api/json.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { Reader } from '../ports/store.ts'
import { endOfStream } from './end-run.ts'
import { streamBroke } from './stream-broke.ts'

/**
 * Ends the stream of a run whose process cannot be heard, or any more when some was `heard`. What is not known is not
 * made up: only a run that ended before it had its turn can be told from its row.
 */
export async function endUnheard(
  read: Pick<Reader, 'runs'>,
  run_id: string,
  { heard }: { heard: boolean },
): Promise<StreamEvent[]> {
  if (heard) {
    return streamBroke(
      'The server that worked on the run cannot be heard any more. Read the run to see how it goes on.',
    )
  }
  const row = await read.runs.get(run_id)
  if (!row) return streamBroke('The thread was deleted, and the run with it.')
  if (row.status === 'cancelled' || row.status === 'expired') return endOfStream(fromText(row.body))
  return streamBroke('The run went on at another server, which cannot be heard. Read the run to see how it stands.')
}
