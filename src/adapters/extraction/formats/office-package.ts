import { posix } from 'node:path'
import type { ExtractionLimits } from '../limits.ts'
import type { SectionSink } from '../sections.ts'
import type { Archive } from './archive.ts'
import { attribute, type DepthLimit, type ElementHandler, readXml } from './elements.ts'

/** A document of Office: parts that refer to each other by relationships. */
export interface OfficePackage {
  /** The root of its main part, undefined when it has none that is known. */
  readonly kind: 'document' | 'presentation' | 'workbook' | undefined
  /** The name of the main part. */
  readonly main: string
  /** What a part refers to. */
  relationships(part: string): Promise<readonly Relationship[]>
  /** Goes through a part; does nothing when it is not there. */
  read(part: string, handler: ElementHandler): Promise<void>
}

/** What the parser of a kind of document gets. */
export interface OfficeRequest {
  readonly office: OfficePackage
  readonly limits: ExtractionLimits
  readonly sink: SectionSink
}

export interface Relationship {
  readonly id: string
  /** The last word of its type, as in `footnotes`. */
  readonly type: string
  /** The name of the part that is meant. */
  readonly target: string
}

export async function openOfficePackage(archive: Archive, limits: DepthLimit): Promise<OfficePackage> {
  function read(part: string, handler: ElementHandler): Promise<void> {
    return readXml(archive.read(part), handler, limits)
  }

  async function relationships(part: string): Promise<Relationship[]> {
    const found: Relationship[] = []
    await read(posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`), {
      open(name, { Id: id = '', Type: type = '', Target: target = '', TargetMode: mode }) {
        if (name !== 'Relationship' || mode === 'External') return
        found.push({ id, type: posix.basename(type), target: partName(target, part) })
      },
    })
    return found
  }

  const main = (await relationships('')).find(({ type }) => type === 'officeDocument')?.target ?? ''
  return { kind: await rootOf(archive, main), main, relationships, read }
}

/** The first element of a part, from its first bytes. */
async function rootOf(archive: Archive, part: string): Promise<OfficePackage['kind']> {
  for await (const chunk of archive.read(part)) {
    const start = Buffer.from(chunk).toString('latin1').replaceAll('\0', '') // as good for UTF-16
    const root = /<(?:[\w.-]+:)?(document|presentation|workbook)[\s>]/.exec(start)?.[1]
    return root === 'document' || root === 'presentation' || root === 'workbook' ? root : undefined
  }
  return undefined
}

/** The relationship that an element names by its `r:id`. */
export function relationshipId(attributes: Readonly<Record<string, string>>): string | undefined {
  const key = Object.keys(attributes).find((each) => each.endsWith(':id'))
  return key === undefined ? undefined : attributes[key]
}

/** The part that a relationship of another means, by a path from there or from the root. */
function partName(target: string, from: string): string {
  const path = target.startsWith('/') ? target : posix.join('/', posix.dirname(from), target)
  return posix.normalize(path).replace(/^\/+/, '')
}

/** The value of a `val` attribute, which most settings of a document have. */
export function valueIn(attributes: Readonly<Record<string, string>>): string | undefined {
  return attribute(attributes, 'val')
}
