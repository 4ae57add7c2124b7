import type { Finding } from './goal.ts'
import { type Comparison, median, type Sample } from './measure.ts'
import type { Outcome, Scenario, Table } from './scenario.ts'

/** Prints what a scenario found: figures with their verdict first, then every pair behind them. */
export function printOutcome({ name, about }: Scenario, outcome: Outcome, seconds: number): void {
  console.log(`\n== ${name}: ${about} (${seconds.toFixed(0)} s)`)
  console.log(layOut(outcome.findings.map(findingRow)))
  for (const { title, columns, rows } of outcome.tables) {
    console.log(`\n   ${title}`)
    console.log(layOut([columns, ...rows.map((row) => row.map(format))]))
  }
  for (const problem of outcome.problems) console.log(`   WRONG: ${problem}`)
}

export function printSummary(outcomes: { name: string; outcome: Outcome }[]): void {
  const rows = outcomes.flatMap(({ name, outcome }) =>
    outcome.findings.filter((finding) => finding.goal).map((finding) => [name, ...findingRow(finding)]),
  )
  console.log('\n== Goals')
  console.log(layOut(rows))
}

/** Every round of two contestants in one figure. */
export function pairTable(title: string, { pairs, ratio, spread }: Comparison): Table {
  return {
    title: `${title} (ratio ${format(ratio)}, spread ${format(spread)})`,
    columns: ['round', 'floor', 'subject', 'ratio'],
    rows: pairs.map((pair, round) => [round + 1, pair.floor, pair.subject, pair.ratio]),
  }
}

/** Medians of each contestant, side by side. */
export function sampleTable(title: string, samples: Record<string, Sample[]>): Table {
  return {
    title,
    columns: ['program', 'CPU µs/op', 'its database', 'op/s', 'p50 ms', 'p99 ms'],
    rows: Object.entries(samples).map(([name, own]) => [
      name,
      ...(['cpuPerOperation', 'databasePerOperation', 'perSecond', 'p50', 'p99'] as const).map((figure) =>
        median(own.map((sample) => sample[figure])),
      ),
    ]),
  }
}

function findingRow({ label, value, unit, goal, verdict }: Finding): string[] {
  const aim = goal ? `(${goal.sense} ${goal.limit})` : ''
  return [label, `${format(value)} ${unit}`, aim, verdict ?? '']
}

export function format(value: string | number): string {
  if (typeof value === 'string') return value
  if (Number.isNaN(value)) return '-'
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
}

/** First column to the left, the others to the right. */
function layOut(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
    )
    .map((row) => `   ${row.join('  ')}`.trimEnd())
    .join('\n')
}
