import { ApiError } from '../../api/error.ts'
import type { Log } from '../../lib/log.ts'
import {
  ModelFailure,
  type ModelPart,
  type ModelProvider,
  type ModelRequest,
  type OfferedModel,
  type PassThrough,
} from '../../ports/model.ts'
import { readModel, withModel } from './pass-through.ts'
import type { Upstream } from './upstream.ts'
import { byPrecision, fits } from './wildcard.ts'

/** Which upstream answers for the names that fit. */
export interface Route {
  /** `gpt-4o`, `gpt-4*` or `*`. */
  readonly pattern: string
  readonly upstream: Upstream
  /** What the upstream calls the model; null: the same. */
  readonly model: string | null
  readonly contextWindow: number | null
}

export interface RoutingOptions {
  readonly routes: readonly Route[]
  readonly log: Log
  /** Unix seconds at which names of our own were made. */
  readonly created: number
  /** Milliseconds that an upstream has to list its models. */
  readonly listTimeout: number
}

export interface Models extends ModelProvider, PassThrough {
  close(): Promise<void>
}

/**
 * Several upstreams as one. A model goes by its exact name, else by the longest wildcard that fits. Upstreams are asked
 * for their lists where names pass through unchanged; one that does not answer is logged and left out.
 */
export function createRouting({ routes, log, created, listTimeout }: RoutingOptions): Models {
  const ordered = byPrecision(routes)
  const found = new Map<string, Route | undefined>()

  function routeOf(model: string): Route | undefined {
    if (!found.has(model)) {
      if (found.size === 10_000) found.clear() // names come from clients
      found.set(
        model,
        ordered.find(({ pattern }) => fits(pattern, model)),
      )
    }
    return found.get(model)
  }

  function stream(request: ModelRequest, options: { signal: AbortSignal }): AsyncIterable<ModelPart> {
    const route = routeOf(request.model)
    if (!route) return failing(noUpstream(request.model))
    const model = route.model ?? request.model
    return route.upstream.stream(model === request.model ? request : { ...request, model }, options)
  }

  const forward: PassThrough['forward'] = async (path, request) => {
    const { model } = readModel(request.body)
    const route = routeOf(model)
    if (!route) throw unknownModel(model)
    return route.upstream.forward(path, { ...request, body: withModel(request.body, route.model ?? model) })
  }

  async function list({ signal }: { signal: AbortSignal }): Promise<OfferedModel[]> {
    const named = ordered
      .filter(({ pattern }) => !pattern.includes('*'))
      .map(({ pattern, upstream }) => ({ id: pattern, created, owned_by: upstream.label }))
    const open = ordered.filter(({ pattern, model }) => pattern.includes('*') && model === null)
    const offered = await Promise.all(open.map((route) => offeredBy(route, signal)))
    return [...new Map([...offered.flat(), ...named].map((model) => [model.id, model])).values()]
  }

  async function offeredBy(route: Route, signal: AbortSignal): Promise<OfferedModel[]> {
    try {
      const models = await route.upstream.list({ signal: AbortSignal.any([signal, AbortSignal.timeout(listTimeout)]) })
      return models.filter(({ id }) => routeOf(id) === route)
    } catch (error) {
      signal.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ upstream: route.upstream.label, reason }, 'models of an upstream not listed')
      return []
    }
  }

  return {
    stream,
    forward,
    list,
    accepts: (model) => routeOf(model) !== undefined,
    contextWindow: (model) => routeOf(model)?.contextWindow ?? null,
    close: async () => {
      await Promise.all([...new Set(routes.map(({ upstream }) => upstream))].map((upstream) => upstream.close()))
    },
  }
}

function noUpstream(model: string): ModelFailure {
  const message = `No upstream is configured for the model '${model}'. The operator of this server can map it in REPRISE_MODELS.`
  return new ModelFailure('server_error', message)
}

function unknownModel(model: string): ApiError {
  const message = `The model '${model}' does not exist`
  return new ApiError({ status: 404, message, param: 'model', code: 'model_not_found' })
}

// biome-ignore lint/correctness/useYield: a stream that fails before its first part
async function* failing(failure: ModelFailure): AsyncGenerator<ModelPart> {
  throw failure
}
