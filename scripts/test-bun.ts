import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { findBun } from './ensure-bun.ts'

// What clients see, with servers on Bun and the tests themselves on Node: `npm run test:bun`, with options of vitest.

/** The tests that go through a server of their own. */
const subjects = [
  'compat',
  'recorded',
  'generated',
  'runs/upstream',
  'runs/deltas',
  'runs/run-lifecycle',
  'runs/shutdown',
]

const { bun } = await findBun()
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const given = process.argv.slice(2)
const tests = given.some((each) => !each.startsWith('-')) ? [] : subjects.map((each) => `test/${each}`)
const env = { ...process.env, TEST_SERVER_RUNTIME: bun }
const child = spawn(process.execPath, [vitest, 'run', ...tests, ...given], { stdio: 'inherit', env })
const [code] = await once(child, 'exit')
process.exitCode = code ?? 1
