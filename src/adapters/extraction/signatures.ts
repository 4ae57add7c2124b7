/** What binary content is, by its first bytes, for people: the name with its article. Only what is not read here. */
export function nameOfBinary(head: Uint8Array): string {
  const text = Buffer.from(head.subarray(0, 300)).toString('latin1')
  return signatures.find(([start, , at = 0]) => text.startsWith(start, at))?.[1] ?? ''
}

const signatures: readonly [start: string, name: string, at?: number][] = [
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['WEBP', 'a WebP image', 8],
  ['II*\0', 'a TIFF image'],
  ['MM\0*', 'a TIFF image'],
  ['BM', 'a bitmap image'],
  ['WAVE', 'a WAV recording', 8],
  ['AVI ', 'a video', 8],
  ['ftyp', 'a video, recording or picture (MP4, HEIC)', 4],
  ['ID3', 'an MP3 recording'],
  ['\xff\xfb', 'an MP3 recording'],
  ['OggS', 'an Ogg recording'],
  ['fLaC', 'a FLAC recording'],
  ['\x1aE\xdf\xa3', 'a Matroska or WebM video'],
  ['\x1f\x8b', 'a gzip archive'],
  ['BZh', 'a bzip2 archive'],
  ['\xfd7zXZ', 'an xz archive'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive'],
  ['Rar!', 'a RAR archive'],
  ['ustar', 'a tar archive', 257],
  ['\x7fELF', 'a program'],
  ['MZ', 'a Windows program'],
  ['\0asm', 'a WebAssembly module'],
  ['SQLite format 3', 'an SQLite database'],
  ['PAR1', 'a Parquet file'],
  ['BOOKMOBI', 'a Mobipocket e-book', 60],
  ['wOF2', 'a font'],
  ['\0\x01\0\0', 'a font'],
]
