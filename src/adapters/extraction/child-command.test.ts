import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { ownWall } from '../../../test/support/extraction.ts'
import { childCommand } from './child-command.ts'
import { createUnwalled } from './start-unwalled.ts'

const limits = { seconds: 10, memoryMegabytes: 400, heapMegabytes: 64 }
const wall = await ownWall()
const ways = [
  ...(wall.start ? [{ where: 'inside the wall', start: wall.start }] : []),
  { where: 'without a wall', start: await createUnwalled() },
]

/** Says the code of the error that an attempt ends in. */
const attempt = (code: string) =>
  `try { ${code}; console.log('done') } catch (error) { console.log(error.code ?? error.name) }`

describe.each(ways)('$where, the child may not', ({ start }) => {
  /** Runs a program under what the child runs under, and gives what it says. */
  async function run(program: string): Promise<string> {
    const command = await childCommand(limits)
    const child = await start([...command.slice(0, -1), '-e', program], limits)
    child.stdin.end()
    const [said] = await Promise.all([text(child.stdout), text(child.stderr), child.gone])
    return said.trim()
  }

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
      await run('console.log(Object.keys(process.env).filter((name) => !/^(?:PATH|PWD|OLDPWD|SHLVL|_)$/.test(name)))'),
    ).toBe('[]')
  })

  test.skipIf(process.platform !== 'linux')('take more than its share', async () => {
    // Refused memory is an exception or the end of the process, as V8 likes; what was had before counts.
    const taking = "let taken = []; for (;;) { taken.push(Buffer.alloc(1e6)); require('fs').writeSync(1, '.') }"
    const had = await run(taking)
    expect(had.length).toBeGreaterThan(200)
    expect(had.length).toBeLessThan(1000)
  })
})
