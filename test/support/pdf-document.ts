import { deflateSync } from 'node:zlib'

export interface PdfOptions {
  /** The drawing of each page. */
  readonly pages: readonly string[]
  /** Packs each drawing so often. */
  readonly packed?: number
  /** How many pages it says that it has, when that is not the truth. */
  readonly claims?: number
  /** Makes the tree of pages a circle. */
  readonly isCircular?: boolean
  /** The font of all text, Helvetica unless said otherwise. */
  readonly font?: string
}

const helvetica = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'

/** A PDF as its bytes. */
export function pdfDocument({ pages, packed = 0, claims, isCircular = false, font = helvetica }: PdfOptions): Buffer {
  const numbers = pages.map((_, index) => 4 + index * 2)
  const kids = [...numbers, ...(isCircular ? [2] : [])].map((number) => `${number} 0 R`).join(' ')
  const objects = [
    Buffer.from('<</Type/Catalog/Pages 2 0 R>>'),
    Buffer.from(`<</Type/Pages/Count ${claims ?? pages.length}/Kids[${kids}]>>`),
    Buffer.from(font),
    ...pages.flatMap((drawing, index) => [
      Buffer.from(
        `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>/Contents ${5 + index * 2} 0 R>>`,
      ),
      streamObject(drawing, packed),
    ]),
  ]
  return fileOf(objects)
}

/** A drawing of lines of text. */
export function pdfText(...lines: string[]): string {
  return `BT /F 12 Tf 14 TL 50 750 Td ${lines.map((line) => `(${line}) Tj T*`).join(' ')} ET`
}

function streamObject(drawing: string, packed: number): Buffer {
  let data = Buffer.from(drawing)
  for (let time = 0; time < packed; time++) data = deflateSync(data)
  const filters = '/FlateDecode'.repeat(packed)
  return Buffer.concat([
    Buffer.from(`<</Length ${data.length}/Filter[${filters}]>>stream\n`),
    data,
    Buffer.from('\nendstream'),
  ])
}

function fileOf(objects: readonly Buffer[]): Buffer {
  const parts = [Buffer.from('%PDF-1.7\n')]
  const offsets: number[] = []
  let length = parts[0]?.length ?? 0
  for (const [index, object] of objects.entries()) {
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')])
    offsets.push(length)
    length += part.length
    parts.push(part)
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  const trailer = `xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer<</Size ${size}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF`
  return Buffer.concat([...parts, Buffer.from(trailer)])
}
