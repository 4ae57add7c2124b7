import { setImmediate } from 'node:timers/promises'
import type { Usage } from '../../api/run.ts'
import { ModelFailure, type ModelProvider, type ModelRequest } from '../../ports/model.ts'
import type { Rule, Script } from './script-file.ts'
import { sayReply } from './script-reply.ts'
import { firstMatch } from './script-rules.ts'
import { sceneOf, textOf } from './script-scene.ts'
import { answerChat } from './scripted-chat.ts'
import type { Upstream } from './upstream.ts'
import { cutShort, failureOfAnswer, silent, UpstreamFailure } from './upstream-failure.ts'

export interface ScriptedModelOptions {
  readonly script: Script
  /** Milliseconds after which a reply that hangs is given up. */
  readonly idleTimeout: number
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Unix seconds. */
  readonly now: () => number
}

const label = 'the scripted model'
const context = { who: 'The scripted model', secret: null, model: 'scripted', service: 'chat completions' }
const tokensPerTurn = 256 // of the event loop: a long reply leaves room for others, an abort among them

/** A model that answers by the rules of a script, as `docs/scripted-model.md` describes. It needs no upstream. */
export function createScriptedModel(options: ScriptedModelOptions): Upstream {
  const { script, now } = options
  const stream = streamOf(options)
  const created = now()
  return {
    label,
    stream,
    list: async () => script.models.map((id) => ({ id, created, owned_by: 'reprise' })),
    forward: (path, request) => answerChat(stream, path, { ...request, now }),
    close: async () => {},
  }
}

function streamOf({ script, idleTimeout, sleep }: ScriptedModelOptions): ModelProvider['stream'] {
  const used = new Map<Rule, number>()
  return async function* stream(request: ModelRequest, { signal }: { signal: AbortSignal }) {
    signal.throwIfAborted()
    const scene = sceneOf(request)
    const match = firstMatch(script.rules, scene, used)
    if (!match) throw noRule(scene.lastUserMessage)
    used.set(match.rule, (used.get(match.rule) ?? 0) + 1)

    const { reply } = match.rule
    const { failure } = reply
    if (failure?.status !== undefined) throw refusal({ ...failure, status: failure.status }, request.model)
    const failsAfter = failure?.cut_after ?? failure?.hang_after ?? failure?.malformed_after
    const delay = reply.delay_ms ?? script.delay_ms
    let tokens = 0
    let cut = false
    for (const part of sayReply(match, scene, request)) {
      if (tokens === failsAfter) break
      cut = part.type !== 'tool-call' && tokens >= (request.max_completion_tokens ?? Number.POSITIVE_INFINITY)
      if (cut) break
      if (delay > 0) await sleep(delay, signal)
      else if (tokens % tokensPerTurn === tokensPerTurn - 1) await setImmediate()
      signal.throwIfAborted()
      yield part
      if (part.type !== 'tool-call') tokens += 1
    }
    if (failure?.hang_after !== undefined) await sleep(idleTimeout, signal)
    if (failure) throw faultOf(failure, idleTimeout)
    if (reply.usage !== 'none') yield { type: 'usage', usage: usageOf(reply.usage ?? estimate(request, tokens)) }
    const usual = reply.tool_calls ? 'tool_calls' : 'stop'
    yield { type: 'finish', reason: cut ? 'length' : (reply.finish_reason ?? usual) }
  }
}

type Failure = NonNullable<Rule['reply']['failure']>

function faultOf({ cut_after, hang_after }: Failure, idleTimeout: number): UpstreamFailure {
  if (cut_after !== undefined) return cutShort(context)
  if (hang_after !== undefined) return silent(context, idleTimeout)
  return new UpstreamFailure('server_error', `${context.who} sent a chunk that is not JSON, as its script says.`)
}

/** The same end that this status has when an upstream answers it, without the attempts in between. */
function refusal({ status, message, code }: Failure & { status: number }, model: string): UpstreamFailure {
  const error = { message: message ?? `The script answers with status ${status}.`, code: code ?? null }
  const answer = { status, body: JSON.stringify({ error }), retryAfter: null }
  return failureOfAnswer(answer, { ...context, model })
}

function noRule(lastUserMessage: string): ModelFailure {
  const start = lastUserMessage.length > 80 ? `${lastUserMessage.slice(0, 80)}…` : lastUserMessage
  const message = `No rule of the script fits. The last user message is: ${start}`
  return new ModelFailure('server_error', message)
}

type Counts = { prompt_tokens: number; completion_tokens: number; cached_tokens: number; reasoning_tokens: number }

/** Four characters a token for the prompt, and the tokens that were said. */
function estimate({ messages, tools }: ModelRequest, tokens: number): Counts {
  const texts = [...messages.map(textOf), ...tools.map((tool) => JSON.stringify(tool))]
  const prompt_tokens = Math.ceil(texts.join('').length / 4)
  return { prompt_tokens, completion_tokens: tokens, cached_tokens: 0, reasoning_tokens: 0 }
}

function usageOf({ prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens }: Counts): Usage {
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_token_details: { cached_tokens },
    completion_tokens_details: { reasoning_tokens },
  }
}
