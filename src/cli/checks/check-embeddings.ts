import { describeSearch } from '../../adapters/embedding/describe-search.ts'
import { openEmbedder } from '../../adapters/embedding/open-embedder.ts'
import { openModels } from '../../adapters/model/open-models.ts'
import { usualRetries } from '../../adapters/model/retry.ts'
import type { Config, Environment } from '../../config.ts'
import { type Finding, reasonOf, well, wrong } from './finding.ts'
import { quietLog } from './quiet-log.ts'

const patience = 60_000 // a model server may load the model first

/** Whether the embedding model makes embeddings, of the dimensions that are configured. */
export async function checkEmbeddings(config: Config, env: Environment): Promise<Finding> {
  if (config.embedding === undefined)
    return well(
      'Search',
      describeSearch(null).label,
      'With an embedding model it finds by meaning too: see docs/models.md.',
    )
  const signal = AbortSignal.timeout(patience)
  try {
    await using closing = new AsyncDisposableStack()
    const { find, models } = await openModels(config, { env, log: quietLog, signal })
    closing.defer(() => models.close())
    const embedder = await openEmbedder(config, { find, log: quietLog, signal, retry: { ...usualRetries, retries: 0 } })
    closing.defer(async () => embedder?.close())
    await embedder?.embed(['What is known about it?'], { kind: 'query', signal })
    return well('Search', describeSearch(embedder?.label ?? null).label)
  } catch (error) {
    return wrong('Search', reasonOf(error), 'Correct what REPRISE_EMBEDDING_MODEL names: docs/models.md says how.')
  }
}
