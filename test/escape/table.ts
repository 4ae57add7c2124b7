import type { SandboxKind } from '../../src/ports/sandbox.ts'
import { attempts } from './attempts/all.ts'
import { scenes } from './scenes.ts'

/** The kinds that `docs/sandbox.md` tells results of, in the order of its columns. */
const kinds: readonly SandboxKind[] = ['bubblewrap', 'gvisor', 'docker', 'landlock']

/** The cells of the tables in `docs/sandbox.md`, by their headings: what was attempted, and what each kind promises. */
export function tablesOfAttempts(): Record<string, string[][]> {
  const subjects = Object.entries(attempts).map(([subject, some]) => [
    subject,
    some.map(({ name, tries, otherwise }) => [
      name,
      tries,
      ...kinds.map((kind) => (otherwise?.[kind] ? `held: ${otherwise[kind].promises}` : 'held')),
    ]),
  ])
  const sessions = scenes.map(({ name, tries }) => [name, tries, ...kinds.map(() => 'held')])
  return Object.fromEntries([...subjects, ['Sessions', sessions]])
}
