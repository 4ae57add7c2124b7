import { type Context, Hono } from 'hono'
import type { Log } from '../lib/log.ts'
import type { PassThrough } from '../ports/model.ts'
import { requireBetaHeader } from './beta-header.ts'
import { withEmptyIds } from './empty-page.ts'
import type { Endpoint } from './endpoint.ts'
import { MethodNotAllowed, replyToError, unknownUrl } from './errors.ts'
import { beginExchange, reply, stamp } from './exchange.ts'
import { type InternalParts, mountInternal } from './internal.ts'
import { openApiDocument } from './openapi.ts'
import { assistantRoutes } from './routes/assistants.ts'
import { fileBatchRoutes } from './routes/file-batches.ts'
import { fileRoutes } from './routes/files.ts'
import { messageRoutes } from './routes/messages.ts'
import { modelRoutes } from './routes/models.ts'
import { passThroughRoutes } from './routes/pass-through.ts'
import { runStepRoutes } from './routes/run-steps.ts'
import { runRoutes } from './routes/runs.ts'
import { threadRoutes } from './routes/threads.ts'
import { uploadRoutes } from './routes/uploads.ts'
import { vectorStoreFileRoutes } from './routes/vector-store-files.ts'
import { vectorStoreRoutes } from './routes/vector-stores.ts'
import type { Services } from './services.ts'

/** The API's own place, and the two where Azure's clients look for it. */
const basePaths = ['/v1', '/openai', '/openai/v1']

export interface AppOptions {
  /** Refuse requests for assistants, threads, messages, runs and steps that come without `OpenAI-Beta`. */
  readonly requireBetaHeader?: boolean
  /** What `first_id` and `last_id` of an empty page are: null, as the original has it, or the empty string. */
  readonly emptyListIds?: 'null' | 'empty'
}

/** How the server is; `ok: false` is answered with 503. */
export interface Health {
  readonly ok: boolean
  readonly [fact: string]: unknown
}

export interface AppParts {
  /** Null: the API is not served here. */
  readonly api: { readonly services: Services; readonly passThrough: PassThrough } | null
  /** What other nodes may ask; null where there are none. */
  readonly internal?: InternalParts | null
  health(): Health | Promise<Health>
  readonly log: Log
  readonly options?: AppOptions
}

/** The server as one `fetch` function: mounts routes over services, and nothing else. */
export function createApp({ api, internal = null, health, log, options = {} }: AppParts): Hono {
  const app = new Hono()
  if (api) mountApi(app, endpointsOf(api), { log, options })
  if (internal) mountInternal(app, internal, log)
  app.get('/health', async () => {
    const facts = await health()
    return reply(beginExchange(), JSON.stringify(facts), { status: facts.ok ? 200 : 503 })
  })

  app.notFound((context) => replyToError(noRoute(app, context), { exchange: beginExchange(), log }))
  app.onError((error) => replyToError(error, { exchange: beginExchange(), log }))
  return app
}

function endpointsOf({ services, passThrough }: NonNullable<AppParts['api']>): Endpoint[] {
  return [
    ...assistantRoutes(services),
    ...runRoutes(services), // before the threads': `POST /threads/runs` is not a thread named `runs`
    ...threadRoutes(services),
    ...messageRoutes(services),
    ...runStepRoutes(services),
    ...fileRoutes(services),
    ...uploadRoutes(services),
    ...vectorStoreRoutes(services),
    ...vectorStoreFileRoutes(services),
    ...fileBatchRoutes(services),
    ...modelRoutes(services),
    ...passThroughRoutes(passThrough),
  ]
}

function mountApi(app: Hono, endpoints: readonly Endpoint[], { log, options }: { log: Log; options: AppOptions }) {
  for (const endpoint of endpoints) {
    const paths = basePaths.map((base) => base + routePath(endpoint.path))
    app.on(endpoint.method, paths, serve(endpoint, { log, options }))
  }
  let document: string | undefined
  app.get('/openapi.json', () => {
    document ??= openApiDocument(endpoints)
    return reply(beginExchange(), document)
  })
}

/** A path of the reference as the router has it. Names of models may have slashes in them: `meta-llama/Llama-3`. */
function routePath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'model' ? ':model{.+}' : `:${name}`))
}

function serve(endpoint: Endpoint, { log, options }: { log: Log; options: AppOptions }) {
  const needsBeta = options.requireBetaHeader === true && endpoint.tag === 'Assistants'
  const detail = endpoint.tag === 'Files'
  const headers = endpoint.headers ?? {}
  const shown = options.emptyListIds === 'empty' ? withEmptyIds : (text: string) => text
  return async function handle(context: Context): Promise<Response> {
    const exchange = beginExchange()
    try {
      if (needsBeta) requireBetaHeader(context.req.raw)
      const answer = await endpoint.answer(context, (error) => {
        log.error({ err: error, request_id: exchange.request_id }, 'stream failed')
      })
      return typeof answer === 'string' ? reply(exchange, shown(answer), { headers }) : stamp(exchange, answer)
    } catch (error) {
      return replyToError(error, { exchange, log, detail })
    }
  }
}

/** A known path with another method, or a path that nobody knows. */
function noRoute(app: Hono, { req }: Context) {
  const allowed = ['GET', 'POST', 'DELETE'].filter((method) => app.router.match(method, req.path)[0].length > 0)
  if (allowed.length === 0) return unknownUrl(req.method, req.path)
  return new MethodNotAllowed(req.method, req.path, allowed)
}
