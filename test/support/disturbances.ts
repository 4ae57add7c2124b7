import type { ModelPart, ModelProvider } from '../../src/ports/model.ts'
import type { Store } from '../../src/ports/store.ts'

/**
 * Stops a story at one of its points, numbered as they come by, so that something else can happen there: before and
 * after every transaction, and before every part that the model says.
 */
export interface Points {
  /** Begins to count anew; at point `at` the story waits for `act`. What happens inside of it is not counted. */
  disturb(at: number, act: () => Promise<void>): void
  /** Whether the story came by the chosen point. */
  reached(): boolean
  aroundStore(store: Store): Store
  aroundModel(model: ModelProvider): ModelProvider
}

export function createPoints(): Points {
  let count = 0
  let chosen = Number.POSITIVE_INFINITY
  let action = async () => {}

  async function pass(): Promise<void> {
    if (count++ === chosen) await action()
  }

  async function* passing(parts: AsyncIterable<ModelPart>, signal: AbortSignal): AsyncGenerator<ModelPart> {
    for await (const part of parts) {
      await pass()
      signal.throwIfAborted()
      yield part
    }
  }

  return {
    disturb(at, act) {
      count = 0
      chosen = at
      action = act
    },
    reached: () => count > chosen,
    aroundStore: (store) => ({
      ...store,
      async transaction(project, work) {
        await pass()
        const result = await store.transaction(project, work)
        await pass()
        return result
      },
    }),
    aroundModel: (model) => ({
      stream: (request, { signal }) => passing(model.stream(request, { signal }), signal),
      list: (options) => model.list(options),
      accepts: (name) => model.accepts(name),
      contextWindow: (name) => model.contextWindow(name),
    }),
  }
}
