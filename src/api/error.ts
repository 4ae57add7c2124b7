import { z } from '@hono/zod-openapi'

export const errorEnvelope = z
  .object({
    error: z
      .object({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.string().nullable(),
      })
      .openapi('Error'),
  })
  .openapi('ErrorResponse')
export type ErrorEnvelope = z.infer<typeof errorEnvelope>

/**
 * The one error that a client sees. `status` is the HTTP status; the rest goes into the envelope as it is.
 * The texts follow the original's, since programs match on them.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: string
  readonly param: string | null
  readonly code: string | null

  constructor(error: { status: number; message: string; type?: string; param?: string | null; code?: string | null }) {
    super(abridged(error.message))
    this.status = error.status
    this.type = error.type ?? 'invalid_request_error'
    this.param = typeof error.param === 'string' ? abridged(error.param) : null
    this.code = error.code ?? null
  }

  toEnvelope(): ErrorEnvelope {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

/** Errors quote what they refuse; megabytes of it would tell nobody more. The end stays, since it says what to do. */
function abridged(text: string): string {
  return text.length <= 2000 ? text : `${text.slice(0, 1000)}...${text.slice(-500)}`.toWellFormed()
}

/** 404: nothing of that kind has this id here. `kind` reads like prose: `assistant`, `run step`. */
export function notFound(kind: string, id: string): ApiError {
  return new ApiError({ status: 404, message: `No ${kind} found with id '${id}'.` })
}

/** 404 in the wording of the files endpoints. */
export function noSuchFile(id: string): ApiError {
  return new ApiError({ status: 404, message: `No such File object: ${id}`, param: 'id' })
}

/** 400: the request cannot be carried out as it stands, or not now. Conflicts are 400 too: clients retry a 409. */
export function badRequest(
  message: string,
  { param = null, code = null }: { param?: string | null; code?: string | null } = {},
): ApiError {
  return new ApiError({ status: 400, message, param, code })
}
