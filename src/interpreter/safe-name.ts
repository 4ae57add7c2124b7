/** File systems take 255 bytes for a name; this leaves room for a number. */
const maxBytes = 240

/**
 * An uploaded file's name as one that can stand in `/mnt/data` and that a model can write down again: without folders,
 * control and invisible characters, and not hidden.
 */
export function safeName(filename: string): string {
  const last =
    filename
      .toWellFormed()
      .split(/[/\\]/)
      .findLast((part) => part.trim() !== '') ?? ''
  const name = last
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '_')
    .trim()
    .replace(/^\.+/, '')
  return shortened(name) || 'file'
}

/** Cut before its extension, between characters. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= maxBytes) return name
  const extension = /\.[^.]{1,16}$/.exec(name)?.[0] ?? ''
  let left = maxBytes - Buffer.byteLength(extension)
  let stem = ''
  for (const character of name) {
    left -= Buffer.byteLength(character)
    if (left < 0) break
    stem += character
  }
  return stem + extension
}
