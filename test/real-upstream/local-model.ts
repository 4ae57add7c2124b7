import { Template } from '@huggingface/jinja'
import { getLlama, type LlamaGrammar, LlamaGrammarEvaluationState, LlamaLogLevel, type Token } from 'node-llama-cpp'

export type LocalModel = Awaited<ReturnType<typeof openModel>>

export type Generation = {
  prompt: Token[]
  maxTokens: number
  temperature: number
  topP: number
  seed: number
  /** What the model may say at all; anything, without one. */
  grammar: LlamaGrammar | undefined
}

export type GenerationPart =
  | { type: 'text'; text: string }
  | { type: 'finish'; reason: 'stop' | 'length'; completionTokens: number }

export async function openModel(path: string) {
  const llama = await getLlama({
    build: 'never',
    gpu: false,
    logLevel: LlamaLogLevel.error,
    // Standard output is for the line that says where the engine listens.
    logger: (_level, message) => process.stderr.write(message),
  })
  const model = await llama.loadModel({ modelPath: path })
  const { metadata } = model.fileInfo
  const template = new Template(metadata.tokenizer.chat_template ?? '')
  // A second thread made the tiny model a hundred times slower on a busy machine with two cores.
  const options = { contextSize: Math.min(model.trainContextSize, 16_384), threads: 1 }
  const embeddings = await model.createEmbeddingContext(options)
  const finished: { finish_reason: 'stop' | 'length' | 'aborted'; completion_tokens: number }[] = []

  function renderPrompt(conversation: { messages: object[]; tools: object[] | undefined }) {
    const special = { bos_token: model.tokens.bosString, eos_token: model.tokens.eosString }
    return model.tokenize(template.render({ ...conversation, ...special, add_generation_prompt: true }), true)
  }

  function createGrammar(schema: object) {
    return llama.createGrammarForJsonSchema(boundSchema(schema))
  }

  /** Ends when the model does, at `maxTokens`, or when the caller stops listening. */
  async function* generate(generation: Generation): AsyncGenerator<GenerationPart> {
    const { prompt, maxTokens, temperature, topP, seed, grammar } = generation
    const state = grammar && new LlamaGrammarEvaluationState({ model, grammar })
    const sampling = { temperature, topP, topK: 0, seed, ...(state && { grammarEvaluationState: state }) }
    let reason: 'stop' | 'length' = 'stop'
    let aborted = true
    let tokens = 0
    try {
      await using context = await model.createContext(options)
      const said: Token[] = []
      let unsaid: Token[] = []
      let text = ''
      for await (const token of context.getSequence().evaluate(prompt, sampling)) {
        tokens++
        unsaid.push(token)
        const added = model.detokenize(unsaid, false, (said.length > 0 ? said : prompt).slice(-4))
        // A character of several bytes may still be on its way; it has four at most.
        if (!added.endsWith('\ufffd') || unsaid.length === 4 || tokens === maxTokens) {
          yield { type: 'text', text: added }
          said.push(...unsaid)
          unsaid = []
          text += added
          // node-llama-cpp's grammars want four line breaks behind the JSON.
          if (grammar && isJsonObject(text)) break
        }
        if (tokens === maxTokens) {
          reason = 'length'
          break
        }
      }
      aborted = false
      yield { type: 'finish', reason, completionTokens: tokens }
    } finally {
      finished.push({ finish_reason: aborted ? 'aborted' : reason, completion_tokens: tokens })
    }
  }

  async function embed(input: string) {
    const tokens = model.tokenize(input)
    const { vector } = await embeddings.getEmbeddingFor(tokens)
    const length = Math.hypot(...vector)
    return { vector: vector.map((value) => value / length), tokens: tokens.length }
  }

  const { name = 'unnamed' } = metadata.general
  return { name, contextSize: options.contextSize, renderPrompt, createGrammar, generate, embed, finished }
}

function isJsonObject(text: string) {
  if (!text.endsWith('}')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const smallNumbers = Array.from({ length: 100 }, (_, number) => number)

/** Everything gets an end, which a model without sense may never come to by itself. */
function boundSchema(schema: object) {
  const bounded = JSON.stringify(schema, (_key, value) => {
    if (value?.anyOf) return { ...value, anyOf: undefined, oneOf: value.anyOf }
    if (value?.enum) return value
    if (value?.type === 'string') return { maxLength: 24, ...value }
    if (value?.type === 'array') return { maxItems: 3, ...value }
    // As a type it would let 1e9999 pass for an integer.
    if (value?.type === 'integer' || value?.type === 'number') return { enum: smallNumbers }
    return value
  })
  return JSON.parse(bounded)
}
