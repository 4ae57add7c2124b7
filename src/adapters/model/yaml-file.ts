import { readFile } from 'node:fs/promises'
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

/** What is wrong with a file that somebody wrote for us, in one line that says where. */
export class YamlFileError extends Error {
  override readonly name = 'YamlFileError'
}

/** Reads a YAML file that has to fit the schema. Throws `YamlFileError`. */
export async function readYamlFile<Content>(path: string, schema: z.ZodType<Content>): Promise<Content> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new YamlFileError(`${path} ${reason}`, { cause })
  }
  return parseYaml(text, path, schema)
}

/** The same for a text; `name` is what errors call it. */
export function parseYaml<Content>(text: string, name: string, schema: z.ZodType<Content>): Content {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) throw new YamlFileError(`${name}:${lines.linePos(error.pos[0]).line}: ${error.message}`)
  if (document.contents === null) throw new YamlFileError(`${name} is empty`)
  const result = schema.safeParse(document.toJS())
  if (result.success) return result.data
  // A key that nobody knows is usually a known one misspelt, and then the better half of "required" messages.
  const { issues } = result.error
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  if (!issue) throw result.error
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])]
  const line = lineOf(document, path, lines)
  const where = path.length === 0 ? '' : `${pathText(path)}: `
  throw new YamlFileError(`${name}${line === null ? '' : `:${line}`}: ${where}${issue.message}`)
}

/** The line of the deepest node that there is on the way to `path`. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number | null {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document, path.slice(0, length))
    if (offset !== null) return lines.linePos(offset).line
  }
  return null
}

/** Where the key is written that leads to the node, or the node itself in a list. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const pair = isMap(parent) ? parent.items.find(({ key }) => isNode(key) && String(key) === String(path.at(-1))) : null
  const node = isNode(pair?.key) ? pair.key : document.getIn(path, true)
  return isNode(node) ? (node.range?.[0] ?? null) : null
}

/** `rules[2].reply.text`: counted as in JSON, from 0. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}
