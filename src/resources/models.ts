import { ApiError } from '../api/error.ts'
import { type JsonText, toText } from '../api/json.ts'
import type { Model } from '../api/model.ts'
import { ModelFailure, type ModelProvider, type OfferedModel } from '../ports/model.ts'

const patienceMs = 10_000

/** The rules of `/models`: what the provider has on offer at this moment. */
export function createModels({ provider }: { provider: Pick<ModelProvider, 'list'> }) {
  async function list(): Promise<string> {
    const offered = await listOffered()
    return toText({ object: 'list', data: offered.map(shown) })
  }

  async function get(id: string): Promise<JsonText<Model>> {
    const found = (await listOffered()).find((model) => model.id === id)
    if (!found) throw noSuchModel(id)
    return toText(shown(found))
  }

  /** Always refused, for no model here is the client's own. */
  async function remove(id: string): Promise<string> {
    throw noSuchModel(id)
  }

  async function listOffered(): Promise<OfferedModel[]> {
    const signal = AbortSignal.timeout(patienceMs)
    try {
      return await provider.list({ signal })
    } catch (error) {
      if (error instanceof ModelFailure) throw unavailable(error.message)
      if (signal.aborted) throw unavailable('The model provider did not list its models in time.')
      throw error
    }
  }

  return { list, get, remove }
}

function shown({ id, created, owned_by }: OfferedModel): Model {
  return { id, object: 'model', created, owned_by }
}

function noSuchModel(id: string) {
  const message = `The model '${id}' does not exist`
  return new ApiError({ status: 404, message, param: 'model', code: 'model_not_found' })
}

function unavailable(message: string) {
  return new ApiError({ status: 503, type: 'server_error', message })
}
