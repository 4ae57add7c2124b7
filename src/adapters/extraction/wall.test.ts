import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { processesNaming } from '../../../test/support/processes-naming.ts'
import { findProgram } from '../sandbox/find-program.ts'
import { seccompProgram } from '../sandbox/seccomp.ts'
import { childFiles } from './child-command.ts'
import { findWall } from './find-wall.ts'
import type { StartParser } from './parser-process.ts'
import { createRootsWall, createWall } from './wall.ts'

const parts = await ensureSandbox()
const isRoot = process.getuid?.() === 0
const project = join(import.meta.dirname, '../../..')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wall-'))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'secret'), 'secret', { mode: 0o644 })
})
afterAll(() => rm(folder, { recursive: true }))

describe.skipIf('missing' in parts)('the wall', () => {
  test('stands on this machine', async () => {
    expect(await findWall({ signal: AbortSignal.timeout(60_000) })).toMatchObject({ start: expect.any(Function) })
  })

  test.skipIf(!isRoot)('stands in a folder that only root can enter', async () => {
    const closed = join(folder, 'closed')
    await cp(join(project, 'src'), join(closed, 'src'), { recursive: true })
    await cp(join(project, 'package.json'), join(closed, 'package.json'))
    await symlink(join(project, 'node_modules'), join(closed, 'node_modules'))
    await chmod(closed, 0o700)
    const code = `
      import { findWall } from ${JSON.stringify(join(closed, 'src/adapters/extraction/find-wall.ts'))}
      const found = await findWall({ signal: AbortSignal.timeout(60_000) })
      const parser = await found.start([process.execPath, '-p', 'process.getuid()'], { memoryMegabytes: 500 })
      parser.stdout.pipe(process.stdout)`
    const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', code])
    const [uid, complaint] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(complaint).toBe('')
    expect(Number(uid)).toBeGreaterThan(1000)
  })
})

const walls = [
  { name: 'as whoever the server is', create: createWall },
  ...(isRoot ? [{ name: 'as root, by a user of its own', create: createRootsWall }] : []),
]

describe.skipIf('missing' in parts).each(walls)('what is inside, $name,', ({ create }) => {
  async function open(): Promise<StartParser> {
    const [bwrap = '', setpriv = ''] = ['bwrap', 'setpriv'].map(findProgram)
    return create({
      bwrap,
      setpriv,
      files: await childFiles(),
      filter: seccompProgram(process.arch === 'arm64' ? 'arm64' : 'x64'),
    })
  }

  /** What a program says that Node runs without restrictions of its own. */
  async function run(program: string): Promise<unknown> {
    const start = await open()
    const { stdin, stdout, stderr, gone } = await start([process.execPath, '-e', `${helpers}${program}`], {
      memoryMegabytes: 500,
    })
    stdin.end()
    const [said, complaint] = await Promise.all([text(stdout), text(stderr), gone])
    expect(complaint).toBe('')
    return JSON.parse(said)
  }
  const helpers = `
    const say = (value) => console.log(JSON.stringify(value))
    const codeOf = (attempt) => { try { attempt(); return 'done' } catch ({ code }) { return code } };`

  test("sees no file but the system's and the parser's", async () => {
    const secret = JSON.stringify(join(folder, 'secret'))
    expect(
      await run(`say([fs.existsSync(${secret}), fs.existsSync('/root/.profile'), fs.readdirSync('/etc')])`),
    ).toEqual([false, false, ['group', 'ld.so.cache', 'passwd']])
    expect(await run(`say(fs.readdirSync(${JSON.stringify(project)}).sort())`)).toEqual(
      expect.not.arrayContaining(['test', '.git']),
    )
  })

  test('can write nowhere', async () => {
    const folders = [
      '/',
      '/tmp',
      '/dev',
      '/usr',
      '/usr/local',
      '/etc',
      import.meta.dirname,
      '/proc/sys/kernel',
      '/proc/self',
    ]
    const codes = await run(
      `say(${JSON.stringify(folders)}.map((at) => codeOf(() => fs.writeFileSync(at + '/hostname', 'x'))))`,
    )
    expect(codes).toEqual(folders.map(() => expect.stringMatching(/^(?:EROFS|EACCES|ENOENT)$/)))
  })

  test('reaches no server on this machine', async () => {
    let isReached = false
    const server = createServer(() => {}).on('connection', () => {
      isReached = true
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const code = await run(
      `net.connect(${port}, '127.0.0.1').on('connect', () => say('in')).on('error', (e) => say(e.code))`,
    )
    await new Promise((resolve) => server.close(resolve))
    expect(code).toBe('EAFNOSUPPORT')
    expect(isReached).toBe(false)
  })

  test('leaves nothing when it is killed before it is up', async () => {
    const start = await open()
    const marker = randomUUID()
    for (let round = 0; round < 20; round += 1) {
      const parser = await start([process.execPath, '-e', 'setInterval(() => {}, 1000)', marker], {
        memoryMegabytes: 500,
      })
      parser.kill()
      await parser.gone
    }
    expect(await processesNaming(marker)).toEqual([])
  })

  test('sees no processes and has no rights', async () => {
    expect(
      await run(`
      const status = fs.readFileSync('/proc/self/status', 'latin1')
      say({
        processes: fs.readdirSync('/proc').filter((name) => Number(name)).length,
        capabilities: /CapPrm:\\s+0+\\n/.test(status) && /CapBnd:\\s+0+\\n/.test(status),
        uid: process.getuid() > 0,
        groups: process.getgroups().includes(0),
        environment: Object.keys(process.env).filter((name) => name !== 'PWD'),
      })`),
    ).toEqual({ processes: 2, capabilities: true, uid: true, groups: false, environment: [] })
  })
})
