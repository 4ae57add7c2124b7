import { writeFile } from 'node:fs/promises'

export const tinyModelName = 'tiny-random-llama'

const width = 64
const layers = 2
const heads = 4
const feedForward = 128
const contextLength = 16_384

const words = 'the a of and to in it is was that for on with as at by from this you are not they one all which we can'

// Rendered by the engine for each request, as a real model's template would be.
const chatTemplate = `{{- bos_token -}}
{%- if tools %}tools: {{ tools | tojson }}{{ eos_token }}{% endif -%}
{%- for message in messages -%}
{{- message.role + ': ' -}}
{%- if message.content %}{{ message.content }}{% endif -%}
{%- if message.tool_calls %}{{ message.tool_calls | tojson }}{% endif -%}
{{- eos_token -}}
{%- endfor -%}
{%- if add_generation_prompt %}assistant: {% endif -%}`

/** Writes a GGUF file that any llama.cpp program loads: the llama architecture in full, only tiny and untrained. */
export async function writeTinyModel(path: string, seed = 1) {
  const vocabulary = buildVocabulary()
  const metadata = describeModel(vocabulary)
  const tensors = randomTensors(vocabulary, seed)
  await writeFile(path, encodeGguf(metadata, tensors))
}

/** `logit` is how readily the model says the token; the random weights move it up and down from there. */
type VocabularyEntry = { text: string; type: number; logit: number }

// llama.cpp's LLAMA_TOKEN_TYPE_*
const tokenType = { normal: 1, unknown: 2, control: 3, byte: 6 }

function buildVocabulary(): VocabularyEntry[] {
  const special = [
    { text: '<unk>', type: tokenType.unknown, logit: -30 },
    { text: '<s>', type: tokenType.control, logit: -30 },
    // At temperature 1 an answer ends after some hundred tokens; at temperature 0, never by itself.
    { text: '</s>', type: tokenType.control, logit: 1 },
  ]
  // Every byte can be read, so any prompt can be, but bytes are hardly ever said: they seldom make valid UTF-8.
  const bytes = Array.from({ length: 256 }, (_, byte) => {
    return { text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, type: tokenType.byte, logit: -16 }
  })
  const characters = Array.from({ length: 95 }, (_, offset) => {
    const character = String.fromCharCode(0x20 + offset)
    return { text: character.replace(' ', '▁'), type: tokenType.normal, logit: /[a-z.,]/.test(character) ? 0 : -3 }
  })
  const wholeWords = words.split(' ').map((word) => ({ text: `▁${word}`, type: tokenType.normal, logit: 3 }))
  return [...special, ...bytes, ...characters, ...wholeWords]
}

type Metadata = [key: string, type: number, value: Buffer]

function describeModel(vocabulary: VocabularyEntry[]): Metadata[] {
  return [
    ['general.architecture', ...string('llama')],
    ['general.name', ...string(tinyModelName)],
    ['llama.block_count', ...uint32(layers)],
    ['llama.context_length', ...uint32(contextLength)],
    ['llama.embedding_length', ...uint32(width)],
    ['llama.feed_forward_length', ...uint32(feedForward)],
    ['llama.attention.head_count', ...uint32(heads)],
    ['llama.attention.head_count_kv', ...uint32(heads)],
    ['llama.attention.layer_norm_rms_epsilon', ...float32(1e-5)],
    ['llama.rope.dimension_count', ...uint32(width / heads)],
    ['llama.vocab_size', ...uint32(vocabulary.length)],
    ['tokenizer.ggml.model', ...string('llama')],
    ['tokenizer.ggml.tokens', ...array(vocabulary.map((entry) => string(entry.text)))],
    ['tokenizer.ggml.scores', ...array(vocabulary.map((_, index) => float32(-index)))],
    ['tokenizer.ggml.token_type', ...array(vocabulary.map((entry) => int32(entry.type)))],
    ['tokenizer.ggml.unknown_token_id', ...uint32(0)],
    ['tokenizer.ggml.bos_token_id', ...uint32(1)],
    ['tokenizer.ggml.eos_token_id', ...uint32(2)],
    ['tokenizer.chat_template', ...string(chatTemplate)],
  ]
}

/** `shape` is [columns, rows], GGUF's order. */
type Tensor = { name: string; shape: number[]; values: Float32Array }

function randomTensors(vocabulary: VocabularyEntry[], seed: number): Tensor[] {
  const random = createRandom(seed)
  function matrix(name: string, shape: [number, number], deviation: number) {
    // A uniform distribution of that deviation: exact on every machine, unlike one made with Math.log and Math.cos.
    const limit = deviation * Math.sqrt(3)
    const values = Float32Array.from({ length: shape[0] * shape[1] }, () => (random() * 2 - 1) * limit)
    return { name, shape, values }
  }
  function ones(name: string) {
    return { name, shape: [width], values: new Float32Array(width).fill(1) }
  }

  const embedding = matrix('token_embd.weight', [width, vocabulary.length], 1)
  const output = matrix('output.weight', [width, vocabulary.length], 0.15)
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const attentionOut = matrix(`blk.${layer}.attn_output.weight`, [width, width], 0.2)
    const feedForwardDown = matrix(`blk.${layer}.ffn_down.weight`, [feedForward, width], 0.1)
    // Nothing is ever added to channel 0 (see below).
    attentionOut.values.fill(0, 0, width)
    feedForwardDown.values.fill(0, 0, feedForward)
    return [
      ones(`blk.${layer}.attn_norm.weight`),
      matrix(`blk.${layer}.attn_q.weight`, [width, width], 0.2),
      matrix(`blk.${layer}.attn_k.weight`, [width, width], 0.2),
      matrix(`blk.${layer}.attn_v.weight`, [width, width], 0.2),
      attentionOut,
      ones(`blk.${layer}.ffn_norm.weight`),
      matrix(`blk.${layer}.ffn_gate.weight`, [width, feedForward], 0.2),
      matrix(`blk.${layer}.ffn_up.weight`, [width, feedForward], 0.2),
      feedForwardDown,
    ]
  })

  // Channel 0 holds the same number for every token and comes through the layers untouched, so what the output matrix
  // has there is added to a token's logit whatever was said before. It's how an untrained model keeps to words.
  const constant = 4
  vocabulary.forEach(({ type, logit }, token) => {
    embedding.values[token * width] = constant
    if (type === tokenType.control) output.values.fill(0, token * width, (token + 1) * width)
    output.values[token * width] = logit / constant
  })
  return [embedding, ...blocks.flat(), ones('output_norm.weight'), output]
}

// mulberry32
function createRandom(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const alignment = 32

// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
function encodeGguf(metadata: Metadata[], tensors: Tensor[]) {
  let offset = 0
  const tensorInfos = tensors.map(({ name, shape, values }) => {
    const float32Tensor = 0
    const place = offset
    offset += padded(values.byteLength)
    return Buffer.concat([
      text(name),
      uint32(shape.length)[1],
      ...shape.map(uint64),
      uint32(float32Tensor)[1],
      uint64(place),
    ])
  })
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3)[1],
    uint64(tensors.length),
    uint64(metadata.length),
    ...metadata.flatMap(([key, type, value]) => [text(key), uint32(type)[1], value]),
    ...tensorInfos,
  ])
  // Typed arrays have the machine's byte order; it is little-endian, as GGUF's is, wherever the engine has a build.
  const data = tensors.map(({ values }) => Buffer.from(values.buffer))
  return Buffer.concat([header, ...data].map((part) => Buffer.concat([part], padded(part.length))))
}

function padded(length: number) {
  return Math.ceil(length / alignment) * alignment
}

type TypedValue = [type: number, value: Buffer]

function uint32(value: number): TypedValue {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return [4, buffer]
}

function int32(value: number): TypedValue {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32LE(value)
  return [5, buffer]
}

function float32(value: number): TypedValue {
  const buffer = Buffer.alloc(4)
  buffer.writeFloatLE(value)
  return [6, buffer]
}

function string(value: string): TypedValue {
  return [8, text(value)]
}

function array(items: TypedValue[]): TypedValue {
  const itemType = items[0]?.[0] ?? 0
  return [9, Buffer.concat([uint32(itemType)[1], uint64(items.length), ...items.map(([, value]) => value)])]
}

function text(value: string) {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint64(bytes.length), bytes])
}

function uint64(value: number) {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(value))
  return buffer
}
