import { type FoundWall, findWall } from '../../adapters/extraction/find-wall.ts'
import { type Finding, well } from './finding.ts'

const name = 'Document parsers'
const patience = 60_000

/** Whether parsers of documents run behind a wall. Without one they run all the same. */
export async function checkParsers(find: () => Promise<FoundWall> = findNow): Promise<Finding> {
  const found = await find()
  if (found.start) return well(name, 'inside bubblewrap')
  return well(name, `outside bubblewrap, by Node's permissions and limits alone: ${found.reason}`)
}

function findNow(): Promise<FoundWall> {
  return findWall({ signal: AbortSignal.timeout(patience) })
}
