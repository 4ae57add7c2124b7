import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { ownWall, silent, streamOf } from '../../../test/support/extraction.ts'
import { pdfDocument } from '../../../test/support/pdf-document.ts'
import { descendants } from '../sandbox/process-tree.ts'
import { createExtractor } from './create-extractor.ts'
import type { FoundWall } from './find-wall.ts'
import { defaultLimits, type ExtractionLimits } from './limits.ts'
import { parseInChild } from './parse-in-child.ts'
import { createUnwalled } from './start-unwalled.ts'

const wall = await ownWall()
const none: FoundWall = { start: null, reason: 'not wanted' }
const unwalled = await createUnwalled()
const ways = [
  ...(wall.start ? [{ where: 'inside the wall', found: wall, start: wall.start }] : []),
  { where: 'without a wall', found: none, start: unwalled },
]

const say = (line: object) => `fs.writeSync(1, ${JSON.stringify(`${JSON.stringify(line)}\n`)});`
const begin = say({ say: 'start', page: 7, headings: ['A'] })
const unexpected = { code: 'server_error', message: 'The file could not be parsed: the parser stopped unexpectedly.' }

describe.each(ways)('$where', ({ start, found }) => {
  /** Runs a program in the place of the real child. */
  function parseWith(program: string, limits: Partial<ExtractionLimits> = {}, document: Uint8Array = Buffer.from('x')) {
    return parseInChild(
      { format: 'html', extension: '', limits: { ...defaultLimits, seconds: 20, ...limits } },
      streamOf(document),
      { command: [process.execPath, '-e', program], start, signal: AbortSignal.timeout(30_000), log: silent },
    )
  }

  test('what it says becomes sections, and what it does not read does no harm', async () => {
    const program = begin + say({ say: 'text', text: 'one ' }) + say({ say: 'text', text: 'two' }) + say({ say: 'end' })
    const document = Buffer.alloc(10_000_000)
    expect(await parseWith(program, {}, document)).toEqual([{ text: 'one two', page: 7, headings: ['A'] }])
  })

  test('a failure is passed on', async () => {
    const failure = { code: 'unsupported_file', message: 'no' } as const
    await expect(parseWith(begin + say({ say: 'failure', ...failure }))).rejects.toMatchObject(failure)
  })

  describe('whatever it does is a failure', () => {
    test.each([
      ['says nothing', ''],
      ['stops in the middle', begin],
      ['crashes', `${begin} throw new Error('bug')`],
      ['is killed', `${begin} process.kill(process.pid, 'SIGSEGV')`],
      ['says what is not JSON', 'console.log("{")'],
      ['says what nobody understands', say({ say: 'hello' })],
      ['says a page that is none', say({ say: 'start', page: 1.5, headings: [] })],
      ['says a line without end', 'for (;;) fs.writeSync(1, "x".repeat(100000))'],
    ])('%s', async (_, program) => {
      await expect(parseWith(program)).rejects.toMatchObject({ name: 'ExtractionFailure', ...unexpected })
    })

    test.each<[string, string, string, Partial<ExtractionLimits>]>([
      ['never ends', 'for (;;);', 'took longer than 1 seconds', { seconds: 1 }],
      ['waits for ever', 'setInterval(() => {}, 1000)', 'took longer than 1 seconds', { seconds: 1 }],
      ['runs out of memory', `for (const all = [];;) all.push(Array(1000).fill(0))`, 'needs more memory', {}],
      [
        'takes too much memory',
        'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1))',
        'needs more memory',
        { memoryMegabytes: 200 },
      ],
      [
        'says too much',
        `for (;;) ${say({ say: 'text', text: 'x'.repeat(1000) })}`,
        'more than 90,000 characters',
        { characters: 90_000 },
      ],
      ['starts sections without end', `for (;;) ${begin}`, 'more than 90,000 characters', { characters: 90_000 }],
      ['is given too much', 'process.stdin.resume()', 'larger than 1 MB', { bytes: 1024 ** 2 }],
    ])('%s', async (_, program, message, limits) => {
      const failure = parseWith(program, limits, Buffer.alloc(3 * 1024 ** 2))
      await expect(failure).rejects.toMatchObject({ code: 'invalid_file', message: expect.stringContaining(message) })
    })
  })

  describe.skipIf(process.platform !== 'linux')('nothing is left behind', () => {
    test.each(['abort', 'close'] as const)('by %s', async (end) => {
      const extractor = createExtractor({ log: silent, wall: async () => found })
      const abort = new AbortController()
      const extraction = extractor.extract({ filename: 'a.pdf', data: streamOf(endless) }, { signal: abort.signal })
      const refusal = expect(extraction).rejects.toThrow(end === 'abort' ? 'enough' : 'The extractor is closed')
      const pids = await parsersBelow(process.pid)
      if (end === 'abort') abort.abort(new Error('enough'))
      else await extractor.close()
      await refusal
      expect(pids.filter(isAlive)).toEqual([])
      await extractor.close()
    })

    test('by a server that is killed', async () => {
      const server = spawn(process.execPath, ['--input-type=module', '-e', serverProgram(found === none)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      server.stdin.end(endless)
      await once(server.stdout, 'data')
      const pids = await parsersBelow(server.pid ?? 0)
      server.kill('SIGKILL')
      await once(server, 'exit')
      await expect.poll(() => pids.filter(isAlive), { timeout: 20_000, interval: 20 }).toEqual([])
    })
  })
})

test('a process that cannot be started is no fault of the document', async () => {
  const fault = new Error('no more processes')
  const parsing = parseInChild({ format: 'html', extension: '', limits: defaultLimits }, streamOf('x'), {
    command: [],
    start: () => Promise.reject(fault),
    signal: AbortSignal.timeout(10_000),
    log: silent,
  })
  await expect(parsing).rejects.toBe(fault)
})

const endless = pdfDocument({ pages: ['q '.repeat(30e6)], packed: 2 })

/** Says something when it has decided on the wall. */
const serverProgram = (unwalled: boolean) => `
  import { Readable } from 'node:stream'
  import { createExtractor } from ${JSON.stringify(new URL('./create-extractor.ts', import.meta.url).href)}
  const log = { debug() {}, info: (_, message) => console.log(message), warn() {}, error() {} }
  const data = Readable.toWeb(process.stdin)
  const options = ${unwalled ? "{ log, wall: async () => ({ start: null, reason: '' }) }" : '{ log }'}
  await createExtractor(options).extract({ filename: 'a.pdf', data }, { signal: AbortSignal.timeout(60_000) })`

/** The processes below another, as soon as one of them is Node at the child's program. */
async function parsersBelow(pid: number): Promise<number[]> {
  const found = await vi.waitUntil(
    async () => {
      const all = (await descendants(pid)) ?? []
      return all.some(isParser) && all
    },
    { timeout: 30_000, interval: 20 },
  )
  return found
}

function isParser(pid: number): boolean {
  const [program, ...args] = read(pid, 'cmdline').split('\0')
  return program === process.execPath && args.includes('--permission')
}

function isAlive(pid: number): boolean {
  return /^State:\s+[^ZX\s]/m.test(read(pid, 'status'))
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return '' // it is gone
  }
}
