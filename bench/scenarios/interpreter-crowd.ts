import { weighCrowd } from '../interpreter/memory.ts'
import { frames, notMeasured, onePlusOne, openConfined, openUnconfined } from '../interpreter/sandboxes.ts'
import { percentile } from '../measure.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'

export const interpreterCrowd: Scenario = {
  name: 'interpreter-crowd',
  about: '50 sessions of the code interpreter at once, in bubblewrap',
  run,
}

const count = 50

/** Sessions as they start, with nothing imported: asked for the simplest thing, then for what most code uses. */
async function run(bench: Bench): Promise<Outcome> {
  const opened = bench.self ? openUnconfined() : await openConfined('bubblewrap')
  if ('missing' in opened) return notMeasured(opened.missing)
  await using sandbox = opened
  const waves = {
    '1+1': await weighCrowd(sandbox, count, onePlusOne),
    'numpy and pandas': await weighCrowd(sandbox, count, frames),
  }
  return {
    findings: Object.entries(waves).flatMap(([work, { answered, megabytes }]) => [
      { label: `${work}: all answered`, value: percentile(answered, 100), unit: 's' },
      { label: `${work}: memory of all`, value: megabytes, unit: 'MB' },
      { label: `${work}: memory for each`, value: megabytes / count, unit: 'MB' },
    ]),
    tables: [
      {
        title: `${count} sessions asked for at once`,
        columns: ['', 'first s', 'p50 s', 'p95 s', 'last s', 'closed s', 'processes', 'MB'],
        rows: Object.entries(waves).map(([work, { answered, closed, processes, megabytes }]) => [
          work,
          ...[0, 50, 95, 100].map((percent) => percentile(answered, percent)),
          ...[closed, processes, megabytes],
        ]),
      },
    ],
    problems: [],
  }
}
