import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { findBun } from './ensure-bun.ts'

// The server on Bun: `npm run start:bun`, with the options of `npm start`.
const { bun } = await findBun()
const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
const child = spawn(bun, [main, 'serve', ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))
const [code, signal] = await once(child, 'exit')
process.exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals]
