import { EmbedderError } from './embedder-error.ts'

/** What we need of `node-llama-cpp`, an optional peer. */
export interface LlamaEngine {
  /** `never`: it takes a build that came with its package, and compiles none. */
  getLlama(options: { build: 'never'; logger: (level: string, message: string) => void }): Promise<Llama>
}

interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>
  /** With its models and their contexts. */
  dispose(): Promise<void>
}

interface LlamaModel {
  /** Tokens. */
  readonly trainContextSize: number
  createEmbeddingContext(options: { contextSize: number; batchSize: number; threads: number }): Promise<LlamaContext>
}

interface LlamaContext {
  /** In tokens, with those that the model wants at both ends. */
  calculateInputLength(text: string): number
  getEmbeddingFor(text: string): Promise<{ readonly vector: readonly number[] }>
}

/** Throws `EmbedderError` where the package is not installed. It comes by a variable, as the compiler must not look for it. */
export async function loadLlamaEngine(packageName = 'node-llama-cpp'): Promise<LlamaEngine> {
  try {
    return await import(packageName)
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
    const why = missing ? 'is not installed' : `cannot be loaded (${cause instanceof Error ? cause.message : cause})`
    const advice = `\`npm install ${packageName}\` beside Reprise, or name a model of an upstream`
    throw new EmbedderError(`a GGUF file needs the package ${packageName}, which ${why}: ${advice}.`, { cause })
  }
}
