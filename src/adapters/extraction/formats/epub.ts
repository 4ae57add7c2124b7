import { posix } from 'node:path'
import { damaged, encrypted } from '../failures.ts'
import { createProse } from '../prose.ts'
import { attribute, createHtmlReader, readXml } from './elements.ts'
import { decodeHtml } from './html-encoding.ts'
import { createHtmlHandler } from './html-handler.ts'
import type { ArchiveRequest } from './opendocument.ts'

/** E-books: the chapters in reading order, which are web pages. */
export async function parseEpub({ archive, limits, sink }: ArchiveRequest): Promise<void> {
  const chapters = await readSpine(await findPackage())
  await refuseLocked()
  const prose = createProse(sink)
  for (const chapter of chapters) {
    const handler = createHtmlHandler(prose)
    const reader = createHtmlReader(handler, limits)
    for await (const text of decodeHtml(archive.read(chapter))) reader.write(text)
    reader.end()
    handler.flush()
  }
  prose.end()

  /** The file that lists all others. */
  async function findPackage(): Promise<string> {
    let path: string | undefined
    await readXml(
      archive.read('META-INF/container.xml'),
      {
        open(name, attributes) {
          if (name === 'rootfile') path ??= attribute(attributes, 'full-path')
        },
      },
      limits,
    )
    if (path === undefined || !archive.has(path)) throw damaged('an EPUB book')
    return path
  }

  /** The files of the chapters in their order, without the table of contents. */
  async function readSpine(packagePath: string): Promise<string[]> {
    const files = new Map<string, string>()
    const spine: string[] = []
    await readXml(
      archive.read(packagePath),
      {
        open(name, { id = '', href = '', idref = '', properties = '' }) {
          if (name === 'item' && !properties.split(/\s/).includes('nav')) files.set(id, pathOf(href, packagePath))
          else if (name === 'itemref') spine.push(idref)
        },
      },
      limits,
    )
    return [...new Set(spine)].flatMap((id) => files.get(id) ?? [])
  }

  /** Fonts may be scrambled, and books remain readable; chapters may not. */
  async function refuseLocked(): Promise<void> {
    const files = new Set(chapters)
    await readXml(
      archive.read('META-INF/encryption.xml'),
      {
        open(name, { URI: path = '' }) {
          if (name === 'CipherReference' && files.has(pathOf(path, ''))) throw encrypted()
        },
      },
      limits,
    )
  }
}

function pathOf(href: string, from: string): string {
  const path = posix.join(posix.dirname(from), href.split('#')[0] ?? '')
  return URL.canParse(path, 'file:///') ? decodeURI(new URL(path, 'file:///').pathname).slice(1) : path
}
