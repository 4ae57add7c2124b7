import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { silent, streamOf } from '../../../test/support/extraction.ts'
import { pdfDocument } from '../../../test/support/pdf-document.ts'
import { createExtractor } from './create-extractor.ts'
import { defaultLimits, type ExtractionLimits } from './limits.ts'
import { parseInChild } from './parse-in-child.ts'

/** Runs a program in the place of the real child. */
function parseWith(program: string, limits: Partial<ExtractionLimits> = {}, document: Uint8Array = Buffer.from('x')) {
  return parseInChild(
    { format: 'html', extension: '', limits: { ...defaultLimits, seconds: 20, ...limits } },
    streamOf(document),
    { command: { file: process.execPath, args: ['-e', program] }, signal: AbortSignal.timeout(30_000), log: silent },
  )
}

const say = (line: object) => `fs.writeSync(1, ${JSON.stringify(`${JSON.stringify(line)}\n`)});`
const start = say({ say: 'start', page: 7, headings: ['A'] })
const unexpected = { code: 'server_error', message: 'The file could not be parsed: the parser stopped unexpectedly.' }

test('what it says becomes sections, and what it does not read does no harm', async () => {
  const program = start + say({ say: 'text', text: 'one ' }) + say({ say: 'text', text: 'two' }) + say({ say: 'end' })
  const document = Buffer.alloc(10_000_000)
  expect(await parseWith(program, {}, document)).toEqual([{ text: 'one two', page: 7, headings: ['A'] }])
})

test('a failure is passed on', async () => {
  const failure = { code: 'unsupported_file', message: 'no' } as const
  await expect(parseWith(start + say({ say: 'failure', ...failure }))).rejects.toMatchObject(failure)
})

describe('whatever it does is a failure', () => {
  test.each([
    ['says nothing', ''],
    ['stops in the middle', start],
    ['crashes', `${start} throw new Error('bug')`],
    ['is killed', `${start} process.kill(process.pid, 'SIGSEGV')`],
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
    ['starts sections without end', `for (;;) ${start}`, 'more than 90,000 characters', { characters: 90_000 }],
    ['is given too much', 'process.stdin.resume()', 'larger than 1 MB', { bytes: 1024 ** 2 }],
  ])('%s', async (_, program, message, limits) => {
    const failure = parseWith(program, limits, Buffer.alloc(3 * 1024 ** 2))
    await expect(failure).rejects.toMatchObject({ code: 'invalid_file', message: expect.stringContaining(message) })
  })
})

test('a program that cannot be started is no fault of the document', async () => {
  const command = { file: '/nowhere/node', args: [] }
  const task = { format: 'html', extension: '', limits: defaultLimits } as const
  const parsing = parseInChild(task, streamOf('x'), { command, signal: AbortSignal.timeout(10_000), log: silent })
  await expect(parsing).rejects.toMatchObject({ code: 'ENOENT' })
})

describe.skipIf(process.platform !== 'linux')('nothing is left behind', () => {
  const endless = pdfDocument({ pages: ['q '.repeat(30e6)], packed: 2 })

  test('by an abort, or by closing', async () => {
    for (const end of ['abort', 'close'] as const) {
      const extractor = createExtractor({ log: silent })
      const abort = new AbortController()
      const extraction = extractor.extract({ filename: 'a.pdf', data: streamOf(endless) }, { signal: abort.signal })
      const refusal = expect(extraction).rejects.toThrow(end === 'abort' ? 'enough' : 'The extractor is closed')
      const [pid] = await childrenOf(process.pid)
      if (end === 'abort') abort.abort(new Error('enough'))
      else await extractor.close()
      await refusal
      expect(isAlive(pid)).toBe(false)
      await extractor.close()
    }
  })

  test('by a server that is killed', async () => {
    const server = spawn(process.execPath, ['--input-type=module', '-e', serverProgram], {
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    server.stdin.end(endless)
    const [pid] = await childrenOf(server.pid ?? 0)
    expect(isAlive(pid)).toBe(true)
    await kill(server)
    await until(() => !isAlive(pid))
  })
})

const serverProgram = `
  import { Readable } from 'node:stream'
  import { createExtractor } from ${JSON.stringify(new URL('./create-extractor.ts', import.meta.url).href)}
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const data = Readable.toWeb(process.stdin)
  await createExtractor({ log }).extract({ filename: 'a.pdf', data }, { signal: AbortSignal.timeout(60_000) })`

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** The processes that another has started and that run the child's program by now. */
async function childrenOf(pid: number): Promise<number[]> {
  let children: number[] = []
  await until(() => {
    const all = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
    children = all.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1').includes('--permission'))
    return children.length > 0
  })
  return children
}

function isAlive(pid: number | undefined): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}

/** Looks again and again, for half a minute at most. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let looks = 0; looks < 1500; looks++) {
    if (isTrue()) return
    await pause(20)
  }
  throw new Error('It did not come to pass')
}
