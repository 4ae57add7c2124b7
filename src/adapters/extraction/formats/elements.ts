import { Parser } from 'htmlparser2'
import { count, tooMuch } from '../failures.ts'
import type { ExtractionLimits } from '../limits.ts'

/** What happens as one goes through markup. */
export interface ElementHandler {
  open?(name: string, attributes: Attributes): void
  text?(text: string): void
  close?(name: string): void
}

export type Attributes = Readonly<Record<string, string>>

export type DepthLimit = Pick<ExtractionLimits, 'depth'>

/**
 * Goes through XML from front to back and keeps nothing. Names come without their prefix, which every producer may
 * choose; entities that a document defines are not expanded.
 */
export async function readXml(
  chunks: AsyncIterable<Uint8Array>,
  { open, text, close }: ElementHandler,
  limits: DepthLimit,
): Promise<void> {
  const depth = createDepth(limits)
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth.enter()
        open?.(localName(name), attributes)
      },
      ontext: (piece) => text?.(piece),
      onclosetag(name) {
        depth.leave()
        close?.(localName(name))
      },
    },
    { xmlMode: true },
  )
  const decoder = createXmlDecoder()
  for await (const chunk of chunks) parser.write(decoder.decode(chunk))
  parser.end(decoder.end())
}

/** Goes through HTML, as lenient as browsers are. Names are in lower case. */
export function createHtmlReader(handler: ElementHandler, limits: DepthLimit) {
  const depth = createDepth(limits)
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth.enter()
        handler.open?.(name, attributes)
      },
      ontext: (piece) => handler.text?.(piece),
      onclosetag(name) {
        depth.leave()
        handler.close?.(name)
      },
    },
    { recognizeSelfClosing: true },
  )
  return { write: (text: string) => parser.write(text), end: () => parser.end() }
}

/** An attribute by its local name. */
export function attribute(attributes: Attributes, name: string): string | undefined {
  if (Object.hasOwn(attributes, name)) return attributes[name]
  const key = Object.keys(attributes).find((each) => each.endsWith(`:${name}`))
  return key === undefined ? undefined : attributes[key]
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The parser's work grows with depth, so depth is bounded. */
function createDepth(limits: DepthLimit) {
  let depth = 0
  return {
    enter() {
      depth += 1
      if (depth > limits.depth) throw tooMuch(`has elements nested more than ${count(limits.depth)} deep`)
    },
    leave() {
      depth -= 1
    },
  }
}

/** XML in archives is UTF-8, or UTF-16 with a byte order mark. */
function createXmlDecoder() {
  let decoder: TextDecoder | undefined
  return {
    decode(chunk: Uint8Array): string {
      decoder ??= new TextDecoder(utf16Of(chunk) ?? 'utf-8')
      return decoder.decode(chunk, { stream: true })
    },
    end: () => decoder?.decode() ?? '',
  }
}

function utf16Of(chunk: Uint8Array): string | undefined {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le'
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return 'utf-16be'
  return undefined
}
