import { z } from 'zod'
import { ModelFailure } from '../../ports/model.ts'

/** A failure together with what another attempt and a client of the pass-through need to know. */
export class UpstreamFailure extends ModelFailure {
  /** Whether the same request may succeed in a moment. */
  readonly retryable: boolean
  /** Milliseconds that the upstream asked for before another attempt. */
  readonly retryAfter: number | null
  /** The HTTP status that it answered; null when it did not get that far. */
  readonly status: number | null

  constructor(
    code: ModelFailure['code'],
    message: string,
    details: { retryable?: boolean; retryAfter?: number | null; status?: number | null; cause?: unknown } = {},
  ) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.retryable = details.retryable ?? false
    this.retryAfter = details.retryAfter ?? null
    this.status = details.status ?? null
  }
}

/** Whose failure it is. `secret` is cut out of everything that is shown. */
export interface FailureContext {
  /** The subject of a sentence: `The upstream at 127.0.0.1:8000`. */
  readonly who: string
  readonly secret: string | null
  readonly model: string
  /** What was asked for: `chat completions`, `embeddings`. */
  readonly service: string
}

const described = z.object({
  message: z.string(),
  code: z.union([z.string(), z.number()]).nullish(),
  type: z.string().nullish(),
  param: z.string().nullish(),
})
type Described = z.infer<typeof described>

/** OpenAI and most; Ollama's native form; older vLLM; FastAPI's own two. */
const errorBody = z.union([
  z.object({ error: described }).transform(({ error }) => error),
  z.object({ error: z.string() }).transform(({ error }): Described => ({ message: error })),
  described,
  z.object({ detail: z.string() }).transform(({ detail }): Described => ({ message: detail })),
  z
    .object({ detail: z.array(z.object({ msg: z.string() })).min(1) })
    .transform(({ detail }): Described => ({ message: detail.map(({ msg }) => msg).join('; ') })),
])

/** What an upstream's answer other than 200 means. `body` is its text, whatever it is. */
export function failureOfAnswer(
  answer: { status: number; body: string; retryAfter: number | null },
  context: FailureContext,
): UpstreamFailure {
  return failureOf(answer.status, describe(answer.body), answer.retryAfter, context)
}

/** What an error means that came in a stream, in place of a chunk. Its code may be the status it stands for. */
export function failureOfChunk(error: unknown, context: FailureContext): UpstreamFailure {
  const parsed = errorBody.safeParse({ error })
  const detail = parsed.success ? parsed.data : null
  const code = Number(detail?.code)
  return failureOf(code >= 400 && code <= 599 ? code : 500, detail, null, context)
}

function failureOf(
  status: number,
  detail: Described | null,
  retryAfter: number | null,
  context: FailureContext,
): UpstreamFailure {
  const { who, model, service } = context
  const text = shown(detail?.message ?? '', context)
  const told = text === '' ? '' : ` It says: ${text}`
  const fail = (code: ModelFailure['code'], message: string, retryable = false) =>
    new UpstreamFailure(code, message, { retryable, retryAfter, status })

  if (status === 401 || status === 403)
    return fail(
      'server_error',
      `${who} refused its key (HTTP ${status}) for model '${model}'. The operator of this server has to check the key that is configured for it.`,
    )
  if (status === 404)
    return fail(
      'server_error',
      `${who} has no model '${model}', or no ${service} at its address (HTTP 404). The operator of this server can load the model there, map the name in REPRISE_MODELS, or correct the address.${told}`,
    )
  if (isOverflow(detail)) return fail('context_length_exceeded', text)
  if (status === 429)
    return fail(
      'rate_limit_exceeded',
      text === '' ? `${who} is over its rate limit for model '${model}' (HTTP 429).` : text,
      !isOutOfQuota(detail),
    )
  if (status === 400 || status === 413 || status === 422)
    return isAboutPrompt(detail)
      ? fail('invalid_prompt', text === '' ? `${who} refused the prompt (HTTP ${status}).` : text)
      : fail('server_error', `${who} refused the request (HTTP ${status}) for model '${model}'.${told}`)
  const passing = status >= 500 || status === 408 || status === 409 || status === 425
  return fail('server_error', `${who} failed (HTTP ${status}) for model '${model}'.${told}`, passing)
}

function describe(body: string): Described | null {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return null // a proxy's HTML page, or nothing: the status says what there is to say
  }
  const parsed = errorBody.safeParse(value)
  return parsed.success ? parsed.data : null
}

/** The stream ended in the middle of a reply. Worth another attempt as long as nothing of it was passed on. */
export function cutShort({ who }: FailureContext, cause?: unknown): UpstreamFailure {
  const message = `The model's reply was cut short. ${who} ended the stream before the reply was complete.`
  return new UpstreamFailure('server_error', message, { retryable: true, cause })
}

/** The address is somebody else's. */
export function notAnApi({ who }: FailureContext): UpstreamFailure {
  return new UpstreamFailure(
    'server_error',
    `${who} answered with a web page. The operator of this server has to check its address: it usually ends in /v1.`,
  )
}

/** Nothing came for `idleTimeout` milliseconds. */
export function silent({ who, model }: FailureContext, idleTimeout: number, cause?: unknown): UpstreamFailure {
  const message = `${who} said nothing for ${idleTimeout / 1000} seconds and was given up (model '${model}').`
  return new UpstreamFailure('server_error', message, { cause })
}

/** vLLM, llama.cpp (three wordings), Ollama, LM Studio, llama-cpp-python, Anthropic and Gemini, in their own words. */
const overflow =
  /maximum context length|exceeds? the (available |model'?s? )?(maximum )?context (size|length|window)|exceeds? (the )?(maximum )?context (length|window)|input length .*context length|loaded with context length of only|prompt is too long|exceeds the maximum number of tokens|more than max tokens|input .*is too large to process/i

function isOverflow(detail: Described | null): boolean {
  if (!detail) return false
  return (
    detail.code === 'context_length_exceeded' ||
    detail.type === 'exceed_context_size_error' ||
    overflow.test(detail.message)
  )
}

function isOutOfQuota(detail: Described | null): boolean {
  return detail?.code === 'insufficient_quota' || detail?.type === 'insufficient_quota'
}

/**
 * Whether a refusal is about what was said rather than how it was asked. A refusal that blames a parameter other than
 * the messages is the operator's to solve; most local servers blame none.
 */
function isAboutPrompt(detail: Described | null): boolean {
  if (!detail) return true
  if (/^(unsupported_|unknown_|model_not_found|invalid_api_key|missing_required)/.test(String(detail.code ?? '')))
    return false
  return !detail.param || /^(messages|prompt|input)/.test(detail.param)
}

/** An upstream's text as it may be shown: without the key, and not a page of it. */
function shown(text: string, { secret }: FailureContext): string {
  const clean = secret ? text.replaceAll(secret, '***') : text
  return clean.length > 1000 ? `${clean.slice(0, 1000)}…` : clean
}
