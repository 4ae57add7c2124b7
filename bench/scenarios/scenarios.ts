import type { Scenario } from '../scenario.ts'
import { createMessage, createMessageAlone } from './create-message.ts'
import { drain } from './drain.ts'
import { growSteps } from './grow-steps.ts'
import { growStore } from './grow-store.ts'
import { growThread } from './grow-thread.ts'
import { ingest } from './ingest.ts'
import { instantRuns } from './instant-runs.ts'
import { interpreter, interpreterGvisor } from './interpreter.ts'
import { interpreterCrowd } from './interpreter-crowd.ts'
import { interpreterRuns } from './interpreter-runs.ts'
import { listFlat } from './list-flat.ts'
import { nodes } from './nodes.ts'
import { openStreams } from './open-streams.ts'
import { getMessage, listMessages } from './read-messages.ts'
import { runAlone } from './run-alone.ts'
import { runCosts } from './run-costs.ts'
import { search } from './search.ts'
import { smallStores } from './small-stores.ts'
import { start } from './start.ts'
import { tokensFlat } from './tokens-flat.ts'
import { tokensPaced } from './tokens-paced.ts'

export const scenarios: Scenario[] = [
  start,
  createMessage,
  createMessageAlone,
  getMessage,
  listMessages,
  listFlat,
  instantRuns,
  runAlone,
  tokensFlat,
  tokensPaced,
  openStreams,
  nodes,
  drain,
  growThread,
  growStore,
  growSteps,
  runCosts,
  ingest,
  search,
  smallStores,
  interpreter,
  interpreterGvisor,
  interpreterCrowd,
  interpreterRuns,
]
