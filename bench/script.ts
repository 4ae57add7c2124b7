/**
 * What the scripted upstream is to answer, written into the name of the model: the assistant carries it through the
 * server under test, so one upstream serves every scenario without being told anything out of band.
 */
export interface Script {
  readonly tokens: number
  /** Tokens a second; 0 sends everything at once. */
  readonly rate: number
  /** So many turns call a function before the answer; none when left out. */
  readonly calling?: number
  /** Whether nothing is answered until the upstream is told to open its gate. */
  readonly gated?: boolean
}

export function modelOf({ tokens, rate, calling, gated }: Script): string {
  return `scripted-${tokens}-at-${rate}${calling ? `-calling-${calling}` : ''}${gated ? '-gated' : ''}`
}

export function scriptOf(model: string): Script {
  const found = /^scripted-(\d+)-at-(\d+)(?:-calling-(\d+))?(-gated)?$/.exec(model)
  if (!found) throw new Error(`The scripted upstream knows no model '${model}'.`)
  const [, tokens, rate, calling, gated] = found
  return {
    tokens: Number(tokens),
    rate: Number(rate),
    ...(calling !== undefined && { calling: Number(calling) }),
    ...(gated !== undefined && { gated: true }),
  }
}

const codeOpening = 'Run this:\n'

/** A message at which the model has code run, and then says what came of it. */
export function askToRun(code: string): string {
  return codeOpening + code
}

export function codeAskedFor(content: unknown): string | undefined {
  return typeof content === 'string' && content.startsWith(codeOpening) ? content.slice(codeOpening.length) : undefined
}

/** A token is its number, and in paced answers the time it was sent: `12@90210 `. None needs escaping in JSON. */
export function tokenText(index: number, sentMicros?: number): string {
  return sentMicros === undefined ? `${index} ` : `${index}@${sentMicros} `
}

/** How many tokens a text holds when they run from 0 without gap or repeat; -1 when they do not. */
export function countTokens(text: string): number {
  const tokens = text.split(' ')
  if (tokens.pop() !== '') return -1
  return tokens.every((token, index) => Number.parseInt(token, 10) === index) ? tokens.length : -1
}

/** Sending times of the tokens in a piece of text; a piece may hold several tokens, never a part of one. */
export function sendingTimes(piece: string): number[] {
  return Array.from(piece.matchAll(/@(\d+) /g), (found) => Number(found[1]))
}

/** A monotonic clock which every process on this machine shares. */
export function microsNow(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
