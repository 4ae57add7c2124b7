import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultScript } from '../src/adapters/model/default-script.ts'
import { readConfig } from '../src/config.ts'
import { createServer } from '../src/server.ts'
import { playScene } from './demo-scene.ts'

// A server on a free port, with data that are thrown away and the scripted model at a speed one can read along.
const folder = await mkdtemp(join(tmpdir(), 'reprise-demo-'))
try {
  const script = join(folder, 'script.yaml')
  await writeFile(script, `delay_ms: 20\n${defaultScript}`)
  const quiet = { REPRISE_LOG_LEVEL: 'warn', REPRISE_SANDBOX: 'off' }
  const env = { REPRISE_PORT: '0', REPRISE_DATA_DIR: folder, REPRISE_SCRIPT: script, ...quiet }
  const server = await createServer(readConfig(env))
  await server.start()
  try {
    process.stdout.write(`A server listens at ${server.url}/v1, and a script stands in for the language model.\n`)
    await playScene(`${server.url}/v1`)
    process.stdout.write(
      '\nThat was the official client. `npm start` serves your own programs: README.md has a first one.\n',
    )
  } finally {
    await server.stop()
  }
} finally {
  await rm(folder, { recursive: true })
}
