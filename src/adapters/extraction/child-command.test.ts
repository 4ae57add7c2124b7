import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { childCommand } from './child-command.ts'

/** Runs a program under what the child runs under, and gives what it says. */
async function run(program: string): Promise<string> {
  const { file, args } = await childCommand({ seconds: 10, memoryMegabytes: 400, heapMegabytes: 64 })
  const { stdout } = await promisify(execFile)(file, [...args.slice(0, -1), '-e', program], { env: {} })
  return stdout.trim()
}

/** Says the code of the error that an attempt ends in. */
const attempt = (code: string) =>
  `try { ${code}; console.log('done') } catch (error) { console.log(error.code ?? error.name) }`

describe('the child may not', () => {
  test.each([
    ['read other files', `fs.readFileSync('/etc/passwd')`],
    ['list folders', `fs.readdirSync('/')`],
    ['write files', `fs.writeFileSync(os.tmpdir() + '/left-behind', '')`],
    ['write to its own code', `fs.writeFileSync(${JSON.stringify(import.meta.filename)}, '')`],
    ['start programs', `child_process.spawnSync('true')`],
    ['start threads', `new worker_threads.Worker('', { eval: true })`],
  ])('%s', async (_, code) => {
    expect(await run(attempt(code))).toBe('ERR_ACCESS_DENIED')
  })

  test.skipIf(Number.parseInt(process.versions.node, 10) < 25)('use the network', async () => {
    expect(await run(`net.connect(9, '127.0.0.1').on('error', ({ code }) => console.log(code))`)).toBe(
      'ERR_ACCESS_DENIED',
    )
  })

  test('see the environment of the server', async () => {
    expect(
      await run('console.log(Object.keys(process.env).filter((name) => !/^(?:PWD|OLDPWD|SHLVL|_)$/.test(name)))'),
    ).toBe('[]')
  })

  test.skipIf(process.platform !== 'linux')('take more than its share', async () => {
    // Refused memory is an exception or the end of the process, as V8 likes; what was had before counts.
    const taking = "let taken = []; for (;;) { taken.push(Buffer.alloc(1e6)); require('fs').writeSync(1, '.') }"
    const had = await run(taking).catch((error: { stdout: string }) => error.stdout)
    expect(had.length).toBeGreaterThan(200)
    expect(had.length).toBeLessThan(1000)
  })
})
