import { OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import { errorEnvelope } from '../api/error.ts'
import type { Content, Endpoint } from './endpoint.ts'

/**
 * The OpenAPI 3.0 document of these endpoints, as JSON text. Version 3.0, since that is what client generators read
 * best; made from the very schemas that validate.
 */
export function openApiDocument(endpoints: readonly Endpoint[]): string {
  const { openAPIRegistry, getOpenAPIDocument } = new OpenAPIHono()
  openAPIRegistry.registerComponent('securitySchemes', 'ApiKeyAuth', { type: 'http', scheme: 'bearer' })
  for (const endpoint of endpoints) openAPIRegistry.registerPath(toRoute(endpoint))
  const document = getOpenAPIDocument(
    {
      openapi: '3.0.3',
      info: {
        title: 'Reprise',
        version: '2.0.0',
        description: 'A self-hosted, drop-in server for the OpenAI Assistants API v2.',
      },
      servers: [{ url: '/v1' }],
      security: [{ ApiKeyAuth: [] }],
      tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    },
    { unionPreferredType: 'oneOf' },
  )
  return JSON.stringify(document, nullableUnions)
}

function toRoute({ method, path, operationId, tag, summary, query, body, rawBody, response }: Endpoint): RouteConfig {
  const content = body === undefined ? rawBody : json(body)
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
  return {
    method,
    path,
    operationId,
    tags: [tag],
    summary,
    request: {
      params: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))),
      ...(query && { query: bracketed(query) }),
      ...(content && { body: { required: rawBody !== undefined || isRequired(content), content: media(content) } }),
    },
    responses: {
      200: { description: 'OK', content: media('contentType' in response ? response : json(response)) },
      default: { description: 'What went wrong.', content: media(json(errorEnvelope)) },
    },
  }
}

function json(schema: z.ZodType): Content {
  return { contentType: 'application/json', schema }
}

function media({ contentType, schema }: Content) {
  return { [contentType]: { schema } }
}

/** A body may be left out when it has no required member. */
function isRequired({ schema }: Content): boolean {
  return !schema.safeParse({}).success
}

/** Arrays are named as clients send them: `include[]`. */
function bracketed(query: z.ZodObject): z.ZodObject {
  const fields = Object.entries(query.shape).map(([name, field]) => {
    const isArray = field instanceof z.ZodDefault && field.unwrap() instanceof z.ZodArray
    return [isArray ? `${name}[]` : name, field]
  })
  return z.object(Object.fromEntries(fields))
}

/** `oneOf: [A, B, {nullable}]` is said as a nullable `oneOf: [A, B]`, which generators understand. */
function nullableUnions(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('oneOf' in value) || !Array.isArray(value.oneOf)) return value
  const oneOf = value.oneOf.filter((option) => JSON.stringify(option) !== '{"nullable":true}')
  return oneOf.length === value.oneOf.length ? value : { ...value, oneOf, nullable: true }
}
