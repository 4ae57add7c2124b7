import { execFile } from 'node:child_process'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import type { SourceDocument } from './documents.ts'

const run = promisify(execFile)
const seconds = 120

/** What each format is called, and what pandoc calls it; PDFs are not made by pandoc. */
const writers = {
  txt: 'plain',
  md: 'gfm',
  html: 'html',
  tex: 'latex',
  docx: 'docx',
  odt: 'odt',
  epub: 'epub',
  pptx: 'pptx',
} as const
const readers = { text: 'markdown', man: 'man', html: 'html' } as const

/** `chromium.pdf` is a PDF printed by Chromium, `pdf` one by groff or LibreOffice. */
export type Format = keyof typeof writers | 'pdf' | 'chromium.pdf'
export const formats: readonly Format[] = [
  'txt',
  'md',
  'html',
  'tex',
  'docx',
  'odt',
  'epub',
  'pptx',
  'pdf',
  'chromium.pdf',
]

/** Makes one document in one format and answers the path of the file. Rejects when the tool for it fails or is missing. */
export async function convert(document: SourceDocument, format: Format, folder: string): Promise<string> {
  const target = join(folder, `${document.name}.${format}`)
  const data = await readSource(document)
  if (document.kind === 'pdf') await writeFile(target, data)
  else if (document.kind === 'text' && format === 'txt') await writeFile(target, data)
  else if (document.kind === 'html' && format === 'html') await writeFile(target, data)
  else if (document.kind === 'man' && format === 'txt') await formatPage(data, folder, ['-Tutf8', '-P-bcou'], target)
  else if (document.kind === 'man' && format === 'pdf') await formatPage(data, folder, ['-Tpdf'], target)
  else if (format === 'pdf') await throughOffice(document, folder, target)
  else if (format === 'chromium.pdf') await throughChromium(document, folder, target)
  else await throughPandoc(document.name, data, { from: readers[document.kind], to: writers[format] }, target)
  return target
}

/** Which of the tools are there. */
export async function toolsAtHand(): Promise<Record<string, string | null>> {
  const tools = { pandoc: 'pandoc', groff: 'groff', LibreOffice: 'soffice', Chromium: 'chromium' }
  const versions = await Promise.all(
    Object.entries(tools).map(async ([name, command]) => {
      const version = await run(command, ['--version'], { timeout: seconds * 1000 }).catch(() => null)
      return [name, version && (version.stdout.split('\n')[0] ?? '')] as const
    }),
  )
  return Object.fromEntries(versions)
}

async function readSource({ path }: SourceDocument): Promise<Buffer> {
  const data = await readFile(path)
  return path.endsWith('.gz') ? gunzipSync(data) : data
}

async function throughPandoc(
  name: string,
  data: Buffer,
  { from, to }: { from: string; to: string },
  target: string,
): Promise<void> {
  const source = `${target}.source`
  await writeFile(source, data)
  const options = [`--from=${from}`, `--to=${to}`, '-s', `--metadata=title:${name}`, '-o', target, source]
  await run('pandoc', options, { timeout: seconds * 1000 })
}

/** The way that a manual page is printed. */
async function formatPage(data: Buffer, folder: string, device: string[], target: string): Promise<void> {
  const source = join(folder, 'page.man')
  await writeFile(source, data)
  const options = { encoding: 'buffer', timeout: seconds * 1000, maxBuffer: 64 * 1024 ** 2 } as const
  const { stdout } = await run('groff', ['-k', '-t', '-man', ...device, source], options)
  await writeFile(target, stdout)
}

async function throughOffice(document: SourceDocument, folder: string, target: string): Promise<void> {
  const page = await convert(document, 'odt', folder)
  const profile = `-env:UserInstallation=file://${folder}/office-profile`
  const outcome = ['--headless', '--convert-to', 'pdf', '--outdir', join(folder, 'office'), page]
  await run('soffice', [profile, ...outcome], { timeout: seconds * 1000 })
  await rename(join(folder, 'office', `${document.name}.pdf`), target)
}

async function throughChromium(document: SourceDocument, folder: string, target: string): Promise<void> {
  const page = await convert(document, 'html', folder)
  const alone = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(folder, 'chromium-profile')}`]
  const print = ['--no-pdf-header-footer', `--print-to-pdf=${target}`, `file://${page}`]
  await run('chromium', [...alone, ...print], { timeout: seconds * 1000 })
}
