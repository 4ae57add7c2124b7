/** A document that some Debian package brings, written by others for their own purposes. */
export interface SourceDocument {
  readonly name: string
  /** A `pdf` was printed by its authors and is taken as it is; the others are converted. */
  readonly kind: 'text' | 'man' | 'html' | 'pdf'
  readonly path: string
}

const licences = ['GPL-3', 'GPL-2', 'Apache-2.0', 'LGPL-2.1', 'MPL-2.0', 'GFDL-1.3', 'CC0-1.0', 'Artistic']
const commands = ['bash', 'tar', 'grep', 'find', 'xargs', 'gzip', 'make', 'curl', 'git-rebase', 'less', 'sed']
const manuals = { bzip2: 'bzip2/manual.html', ninja: 'ninja-build/manual.html', bc: 'bc/bc.html' }
const prints = {
  nettle: 'nettle-dev/nettle.pdf.gz',
  fontconfig: 'fontconfig/fontconfig-user.pdf.gz',
  'mime-info': 'shared-mime-info/shared-mime-info-spec.pdf',
  crc: 'zlib1g-dev/crc-doc.1.0.pdf.gz',
}

/** The corpus on a Debian 12 with the packages at hand; what is missing is left out and named. */
export const documents: readonly SourceDocument[] = [
  ...licences.map((name) => ({ name, kind: 'text' as const, path: `/usr/share/common-licenses/${name}` })),
  ...commands.map((name) => ({ name, kind: 'man' as const, path: `/usr/share/man/man1/${name}.1.gz` })),
  ...Object.entries(manuals).map(([name, path]) => ({ name, kind: 'html' as const, path: `/usr/share/doc/${path}` })),
  ...Object.entries(prints).map(([name, path]) => ({ name, kind: 'pdf' as const, path: `/usr/share/doc/${path}` })),
]
