import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { allowedDifferences, allows } from './allowed-differences.ts'
import { remainders } from './places.ts'
import { readRecordings, recordingsFolder } from './recordings.ts'
import { type Finding, replay } from './replay.ts'

const recordings = readRecordings()
if (recordings.length === 0) {
  process.stdout.write(`test/recorded is skipped: no recordings in ${recordingsFolder} (RECORDINGS_DIR says where)\n`)
}

describe.skipIf(recordings.length === 0)('recorded traffic', () => {
  const findings: Finding[] = []
  const replayed = recordings.filter(({ name }) => remainders[name]?.replayed !== 0)

  beforeAll(() => process.stdout.write(overview()))

  for (const recording of replayed) {
    test(recording.name, async () => {
      const found = await replay(recording, remainders[recording.name]?.replayed)
      findings.push(...found)
      expect(found.filter((finding) => !allowedDifferences.some((allowed) => allows(allowed, finding)))).toEqual([])
    })
  }

  test('every difference that is allowed still occurs', () => {
    const gone = allowedDifferences.filter((allowed) => !findings.some((finding) => allows(allowed, finding)))
    expect(gone).toEqual([])
  })

  test('every recording that is named exists', () => {
    const names = recordings.map(({ name }) => name)
    expect(Object.keys(remainders).filter((name) => !names.includes(name))).toEqual([])
  })
})

test('every difference that is allowed has its row in docs/compatibility.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8')
  const rows = Array.from(page.matchAll(/^\| `([\w-]+)` +\|/gm), ([, row]) => row)
  expect(rows).toEqual([...new Set(rows)])
  expect(allowedDifferences.filter(({ row }) => !rows.includes(row))).toEqual([])
})

/** What is replayed, and what not and why, for whoever reads the output. */
function overview(): string {
  const lines = recordings.map(({ name, exchanges }) => {
    const { replayed: count = exchanges.length, reason = '' } = remainders[name] ?? {}
    return `  ${name.padEnd(66)} ${`${count} of ${exchanges.length}`.padStart(8)} exchanges  ${reason}`
  })
  return `Recorded traffic: what is replayed\n${lines.map((line) => line.trimEnd()).join('\n')}\n`
}
