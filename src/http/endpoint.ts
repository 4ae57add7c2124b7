import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { readJson } from './json-body.ts'
import { requireIdPrefix } from './path-ids.ts'
import { projectOf } from './project.ts'
import { readQuery } from './query.ts'
import { parse } from './validation/parse.ts'

export type Tag = 'Assistants' | 'Vector stores' | 'Files' | 'Uploads' | 'Models' | 'Chat' | 'Embeddings'

/** One operation of the API as it is written down in `routes/`. The schemas validate, and are what is documented. */
export interface Declaration<Path extends string, Query extends z.ZodObject, Body extends z.ZodType> {
  readonly operationId: string
  readonly method: 'get' | 'post' | 'delete'
  /** As the reference writes it: `/threads/{thread_id}/runs`. */
  readonly path: Path
  readonly tag: Tag
  readonly summary: string
  readonly query?: Query
  /** The JSON body; a request without a body reads as `{}`. */
  readonly body?: Body
  /** A body that the handler reads itself. */
  readonly rawBody?: Content
  /** What a reply carries: JSON of this schema, or other content. */
  readonly response: z.ZodType | Content
  /** What its JSON replies have beyond the headers of every reply. */
  readonly headers?: Record<string, string>
  handle(call: Call<Path, Query, Body>): Promise<string | Response>
}

/** Content of which only the documentation has a schema. */
export interface Content {
  readonly contentType: string
  readonly schema: z.ZodType
}

/** A request that was read: everything in it is what its schema says. */
export interface Call<Path extends string, Query extends z.ZodObject, Body extends z.ZodType> {
  readonly project: string
  readonly params: Record<ParamName<Path>, string>
  readonly query: z.infer<Query>
  readonly body: z.infer<Body>
  readonly request: Request
  /** Logs a failure that comes after the reply has begun. */
  report(error: unknown): void
}

type ParamName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamName<Rest>
  : never

type AnyDeclaration = Omit<Declaration<string, z.ZodObject, z.ZodType>, 'handle'>

/** A declared operation, ready to be mounted. */
export interface Endpoint extends AnyDeclaration {
  /** Reads the request, calls the handler, and answers JSON text or a response. Rejects with `ApiError`. */
  answer(context: Context, report: (error: unknown) => void): Promise<string | Response>
}

export function endpoint<
  const Path extends string,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodUndefined,
>(declaration: Declaration<Path, Query, Body>): Endpoint {
  const { path, query, body, handle } = declaration
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
  const unasked = query === undefined ? undefined : parse(query, {})

  async function answer(context: Context, report: (error: unknown) => void): Promise<string | Response> {
    const request = context.req.raw
    const params = readParams(context, names)
    const asked =
      query === undefined || !request.url.includes('?') ? unasked : parse(query, readQuery(request.url, query))
    const given = body === undefined ? undefined : parse(body, await readJson(request))
    return handle({
      project: projectOf(request),
      params: params as Record<ParamName<Path>, string>, // the names come from the path, like the type
      query: asked as z.infer<Query>,
      body: given as z.infer<Body>,
      request,
      report,
    })
  }

  return { ...declaration, answer }
}

function readParams(context: Context, names: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {}
  for (const name of names) {
    const id = context.req.param(name) ?? ''
    requireIdPrefix(name, id)
    params[name] = id
  }
  return params
}
