import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { unknownCharacters } from '../failures.ts'

/**
 * The maps by which East Asian PDFs may encode their text without holding them. They come with `pdfjs-dist`, and are
 * read from there if somebody has installed it. PDF.js would pass over text whose map is not there, so it is asked for.
 */
export function createCharacterMaps() {
  const folder = mapsFolder()
  let missing: string | undefined

  /** What PDF.js makes one of and asks for its data. */
  class CharacterMaps {
    async fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
      if (kind !== 'cMapUrl') throw new Error('Text needs no other data')
      if (folder !== undefined) return new Uint8Array(await readFile(join(folder, filename)))
      missing ??= filename.replace(/\.bcmap$/, '')
      throw new Error('There are no character maps')
    }
  }

  /** Throws an `ExtractionFailure` when a map was wanted that is not there. */
  function check(): void {
    if (missing !== undefined) throw unknownCharacters(missing)
  }
  return { CharacterMaps, check }
}

function mapsFolder(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json')), 'cmaps')
  } catch {
    return undefined // not installed
  }
}
