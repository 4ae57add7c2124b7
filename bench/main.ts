import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, type DatabaseName, openDatabase } from './database.ts'
import { type Options, readOptions, usage } from './options.ts'
import { cpuPressure } from './process-stats.ts'
import { printOutcome, printSummary } from './report.ts'
import type { Bench, Outcome, Scenario } from './scenario.ts'
import { scenarios } from './scenarios/scenarios.ts'

const options = readOptions(process.argv.slice(2))
if (options.help) console.log(usage + listed(scenarios))
else process.exit(await main(options))

async function main(given: Options): Promise<number> {
  const chosen = given.only.length > 0 ? given.only.map(named) : scenarios
  const folder = mkdtempSync(join(tmpdir(), 'reprise-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  setTimeout(() => giveUp(given.limit), given.limit * 1000).unref()
  const machine = describeMachine()
  console.log(JSON.stringify(machine))
  const outcomes: NamedOutcome[] = []
  for (const name of given.databases) outcomes.push(...(await runOn(name, chosen, given, folder)))
  printSummary(outcomes)
  if (given.json) writeFileSync(given.json, `${JSON.stringify({ machine, options: given, outcomes }, null, 2)}\n`)
  return exitCode(given, outcomes)
}

interface NamedOutcome {
  name: string
  outcome: Outcome
}

async function runOn(name: DatabaseName, chosen: Scenario[], given: Options, folder: string): Promise<NamedOutcome[]> {
  const newFolder = () => mkdtempSync(join(folder, 'data-'))
  await using database = await openDatabase(name, newFolder)
  const bench = benchOf(given, database, newFolder)
  const outcomes: NamedOutcome[] = []
  for (const scenario of chosen.filter((each) => isFor(each, name))) {
    const start = performance.now()
    const outcome = await scenario.run(bench).catch(broken)
    const shown = name === 'sqlite' ? scenario.name : `${scenario.name}, Postgres`
    printOutcome({ ...scenario, name: shown }, outcome, (performance.now() - start) / 1000)
    outcomes.push({ name: shown, outcome })
  }
  return outcomes
}

function isFor({ postgres }: Scenario, name: DatabaseName): boolean {
  return name === 'postgres' ? postgres !== undefined : postgres !== 'only'
}

/** A scenario that cannot be run is a wrong answer, and no reason to give up the others. */
function broken(error: Error): Outcome {
  return { findings: [], tables: [], problems: [error.stack ?? error.message] }
}

function exitCode({ gate }: Options, outcomes: NamedOutcome[]): number {
  const wrong = outcomes.some(({ outcome }) => outcome.problems.length > 0)
  const missed = outcomes.some(({ outcome }) => outcome.findings.some(({ verdict }) => verdict === 'missed'))
  return wrong || (gate && missed) ? 1 : 0
}

function benchOf(given: Options, database: Database, newFolder: () => string): Bench {
  const { rounds, seconds } = given
  const pace = { rounds, seconds, warmUp: Math.max(2, seconds) }
  return { ...given, pace, database, newPlace: () => database.newPlace(), newFolder }
}

function named(name: string): Scenario {
  const scenario = scenarios.find((candidate) => candidate.name === name)
  if (scenario) return scenario
  console.error(`No scenario is named '${name}'.\n${listed(scenarios)}`)
  process.exit(2)
}

function listed(all: Scenario[]): string {
  return `\nScenarios:\n${all.map(({ name, about }) => `  ${name.padEnd(21)}${about}`).join('\n')}`
}

function describeMachine() {
  return {
    node: process.version,
    system: `${process.platform} ${release()}`,
    processor: cpus()[0]?.model,
    cores: availableParallelism(),
    load: loadavg()[0],
    cpuPressurePercent: cpuPressure(),
    at: new Date().toISOString(),
  }
}

function giveUp(limit: number) {
  console.error(`Gave up after ${limit} seconds.`)
  process.exit(2)
}
