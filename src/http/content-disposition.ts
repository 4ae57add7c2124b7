/**
 * The parameters of a `Content-Disposition` header. Quotes around a value may be missing; `filename*` (RFC 5987) wins
 * over `filename`, since it carries what the other cannot.
 */
export function readDisposition(header: string): { name: string | null; filename: string | null } {
  const parameters = new Map<string, string>()
  for (const [, key = '', quoted, plain = ''] of header.matchAll(
    /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g,
  )) {
    parameters.set(key.toLowerCase(), quoted === undefined ? plain.trim() : unquote(quoted))
  }
  const extended = decodeExtended(parameters.get('filename*') ?? '')
  return { name: parameters.get('name') ?? null, filename: extended ?? parameters.get('filename') ?? null }
}

/** A `Content-Disposition` that saves the reply under this name, whatever its letters. */
export function attachmentNamed(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const extended = encodeURIComponent(filename.toWellFormed()).replaceAll(/['()*]/g, percent)
  const alone = `attachment; filename="${plain}"`
  return plain === filename ? alone : `${alone}; filename*=UTF-8''${extended}`
}

/** Browsers write three characters as percent codes, other clients put a backslash before quotes and backslashes. */
function unquote(text: string): string {
  return text
    .replaceAll(/\\(["\\])/g, '$1')
    .replaceAll('%22', '"')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
}

/** `utf-8''%E4%BD%A0.txt`; undefined when it is no such thing. */
function decodeExtended(text: string): string | undefined {
  const [, charset = '', encoded = ''] = /^([\w-]+)'[^']*'(.+)$/.exec(text) ?? []
  if (encoded === '' || !/^(?:[^%]|%[0-9a-f]{2})*$/i.test(encoded)) return undefined
  const bytes = encoded.replaceAll(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
  return charset.toLowerCase() === 'utf-8' ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
