import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePython } from '../../scripts/ensure-python.ts'
import { runCommand } from '../../scripts/run-command.ts'
import { readConfig } from '../config.ts'
import { createServer, type Server } from '../server.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const python = await ensurePython()

let folder: string
let server: Server
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-'))
  const script = join(folder, 'script.yaml')
  writeFileSync(script, 'rules: [{ match: Why is the sky blue?, reply: Blue light scatters most. }]')
  const quiet = { REPRISE_LOG_LEVEL: 'silent', REPRISE_SANDBOX: 'off' }
  const env = { REPRISE_PORT: '0', REPRISE_DATA_DIR: folder, REPRISE_SCRIPT: script, ...quiet }
  server = await createServer(readConfig(env))
  await server.start()
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** The README's program in that language, told of our port in the place of the usual one. */
function pasted(language: string): string {
  const [, code = ''] = new RegExp(`\`\`\`${language}\n([^\`]+)`).exec(readme) ?? []
  expect(code).toContain('http://127.0.0.1:4141/v1')
  return code.replace('http://127.0.0.1:4141', server.url)
}

test('the first assistant works when pasted, in ten lines', async () => {
  const code = pasted('js')
  expect(code.split('\n').filter(Boolean).length).toBeLessThanOrEqual(10)
  expect(await runCommand(process.execPath, ['--input-type=module', '--eval', code])).toMatch(
    /^Blue light scatters most\.\nmessage_creation: \d+ tokens\nRun completed\. \n$/,
  )
})

test.skipIf('missing' in python)('and in Python', async () => {
  if ('missing' in python) return
  expect(await runCommand(python.python, ['-c', pasted('python')])).toMatch(
    /^Blue light scatters most\.\nRun completed\. \n$/,
  )
})
