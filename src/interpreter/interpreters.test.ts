import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeSandbox } from '../../test/support/fake-sandbox.ts'
import { openResources, parsed, project, uploadFile } from '../../test/support/open-resources.ts'
import { SandboxFailure } from '../ports/sandbox.ts'
import type { Store } from '../ports/store.ts'
import type { OutputLimits } from './collect-outputs.ts'
import { createInterpreters, type InterpreterPart } from './interpreters.ts'
import { placedFiles } from './placed-files.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

type End = Extract<InterpreterPart, { type: 'end' }>

const hold = async () => {}

/** Interpreters over a fake sandbox, a real store and real blobs; two sessions at once. */
async function open({ limits, sessions = 2, node }: { limits?: OutputLimits; sessions?: number; node?: string } = {}) {
  const opened = await openResources()
  const sandbox = new FakeSandbox()
  let commits = 0
  let failures = 0
  const store: Pick<Store, 'read' | 'transaction'> = {
    read: opened.store.read,
    async transaction(...given) {
      if (failures-- > 0) throw new Error('disk full')
      commits += 1
      return opened.store.transaction(...given)
    },
  }
  const settings = { sessions, idleSeconds: 60, prepared: 0 }
  const begin = (self = node) =>
    createInterpreters({ ...opened, store, sandbox, log, settings, node: self, ...(limits && { limits }) })
  let interpreters = begin()
  const thread_id = (await parsed(opened.threads.create(project, {}))).id

  async function run(code: string, change: Partial<Parameters<typeof interpreters.run>[0]> = {}) {
    const parts: InterpreterPart[] = []
    const { signal } = new AbortController()
    const call = { project, thread_id, code, files: [], hold, signal, ...change }
    for await (const part of interpreters.run(call)) parts.push(part)
    const end = parts.at(-1)
    if (end?.type !== 'end') throw new Error('the call did not end')
    const images = parts.filter((part) => part.type === 'image')
    return { logs: parts.map((part) => (part.type === 'logs' ? part.text : '')).join(''), images, end }
  }

  return {
    ...opened,
    sandbox,
    thread_id,
    run,
    interpreters: () => interpreters,
    commits: () => commits,
    /** Keeps the next transaction from happening. */
    sabotage() {
      failures = 1
    },
    placed: (file_ids: readonly string[] = []) =>
      placedFiles(opened.store.read(project), { thread_id, file_ids: [...file_ids] }),
    /** What another node does that works on the same data; answers the way back. */
    goTo(other: string): () => void {
      const own = interpreters
      interpreters = begin(other)
      return () => {
        interpreters = own
      }
    },
    /** What another process does that opens the same data when this one has stopped. */
    async startAgain() {
      await interpreters.close()
      interpreters = begin()
    },
    async text(id: string) {
      return new Response((await opened.files.content(project, id)).data).text()
    },
    async blobCount() {
      return (await readdir(join(opened.folder, 'blobs'), { recursive: true })).filter((each) => each.includes('/'))
        .length
    },
    async [Symbol.asyncDispose]() {
      await interpreters.close()
      await opened[Symbol.asyncDispose]()
    },
  }
}

function written({ end }: { end: End }): string[] {
  return end.written.map(({ path }) => path)
}

function idOf({ end }: { end: End }, path: string): string {
  return end.written.find((file) => file.path === path)?.file_id ?? ''
}

test('a thread keeps its variables from call to call, and shares them with no other', async () => {
  await using opened = await open()
  const first = await opened.run('set x 1')
  expect(first.end).toEqual({ type: 'end', reason: 'completed', ended: null, fresh: 'new', written: [], notices: [] })
  expect(await opened.run('get x')).toMatchObject({ logs: '1\n', end: { fresh: 'kept' } })
  const other = await opened.run('get x', { thread_id: 'thread_other' })
  expect(other).toMatchObject({ end: { reason: 'raised', fresh: 'new' } })
  const elsewhere = await opened.run('get x', { project: 'other' })
  expect(elsewhere).toMatchObject({ end: { reason: 'raised', fresh: 'new' } })
})

test('one call of a thread runs at a time; who waits leaves with the signal', async () => {
  await using opened = await open()
  const first = opened.run('wait a\nset x 1')
  await opened.sandbox.reached('a')
  const left = new AbortController()
  const leaving = opened.run('print no', { signal: left.signal })
  const second = opened.run('get x')
  left.abort(new Error('cancelled'))
  await expect(leaving).rejects.toThrow('cancelled')
  opened.sandbox.release('a')
  await first
  expect((await second).logs).toBe('1\n')
  expect(opened.sandbox.sessions).toHaveLength(1)
})

test('of two nodes the one that ran the last call has the thread’s Python, and the other starts anew', async () => {
  await using opened = await open({ node: 'node_a' })
  const homeOf = async () => (await opened.store.read(project).interpreters.get(opened.thread_id))?.node
  await opened.run('set x 1\nwrite a.txt old')
  expect(await homeOf()).toBe('node_a')
  const commits = opened.commits()
  expect(await opened.run('get x')).toMatchObject({ logs: '1\n', end: { fresh: 'kept' } })
  expect(opened.commits(), 'a call that changes nothing writes nothing').toBe(commits)

  const goBack = opened.goTo('node_b')
  const there = await opened.run('read a.txt\nset x 2', { files: await opened.placed() })
  expect(there).toMatchObject({ logs: 'old\n', end: { fresh: 'rebuilt' } })
  expect(await homeOf()).toBe('node_b')
  expect(opened.commits()).toBe(commits + 1)
  await opened.run('write a.txt new')
  await opened.interpreters().close()

  goBack()
  const back = await opened.run('read a.txt', { files: await opened.placed() })
  expect(back).toMatchObject({ logs: 'new\n', end: { fresh: 'rebuilt' } })
  expect(await opened.run('get x')).toMatchObject({ end: { reason: 'raised', fresh: 'kept' } })
  expect([await homeOf(), opened.sandbox.sessions.length]).toEqual(['node_a', 3])
})

test('given files lie under their names and their ids, and are put once', async () => {
  await using opened = await open()
  const first = await uploadFile(opened, { filename: 'a.csv', content: 'one' })
  expect((await opened.run(`read a.csv\nread ${first}`, { files: await opened.placed([first]) })).logs).toBe(
    'one\none\n',
  )
  const second = await uploadFile(opened, { filename: 'a.csv', content: 'two' })
  const files = await opened.placed([first, second])
  const later = await opened.run('read a-2.csv\nfiles', { files })
  expect(later).toMatchObject({ logs: 'two\na-2.csv a.csv\n', end: { written: [] } })
  expect(opened.sandbox.sessions[0]?.puts).toEqual(['a.csv', 'a-2.csv'])
})

test('what a call writes becomes files, new and changed ones alone', async () => {
  await using opened = await open()
  const file = await uploadFile(opened, { filename: 'given.csv' })
  const files = await opened.placed([file])
  const first = await opened.run('write out.csv 1\nwrite deep/er/x.txt 2\nwrite __pycache__/m.pyc 3', { files })
  expect(written(first)).toEqual(['deep/er/x.txt', 'out.csv'])
  const row = await parsed(opened.files.get(project, idOf(first, 'deep/er/x.txt')))
  expect(row).toMatchObject({ filename: 'x.txt', purpose: 'assistants_output', bytes: 1 })
  const second = await opened.run('write out.csv 22\nwrite given.csv mine', { files })
  expect(written(second)).toEqual(['given.csv', 'out.csv'])
  expect(await opened.text(idOf(first, 'out.csv'))).toBe('1')
  expect(await opened.text(idOf(second, 'out.csv'))).toBe('22')
  expect(written(await opened.run('read out.csv', { files }))).toEqual([])
})

test('files are written when the code raises or takes too long', async () => {
  await using opened = await open()
  for (const end of ['raise ValueError', 'timeout', 'output']) {
    expect(written(await opened.run(`write ${end}.txt 1\n${end}`))).toHaveLength(1)
  }
})

test('a call costs a commit when it writes something or is the first, and none otherwise', async () => {
  await using opened = await open()
  const files = await opened.placed([await uploadFile(opened)])
  await opened.run('print 1', { files })
  expect(opened.commits()).toBe(1)
  await opened.run('print 2\nget none', { files })
  expect(opened.commits()).toBe(1)
  await opened.run('write a 1\nwrite b 2\nwrite c 3', { files })
  expect(opened.commits()).toBe(2)
  await opened.run('remove b', { files })
  expect(opened.commits()).toBe(3)
  await opened.run('show figure', { files })
  expect(opened.commits()).toBe(4)
  expect(opened.sandbox.sessions[0]?.lists).toBe(6)
})

test('a figure is a file before it is shown, and keeps written images from being shown twice', async () => {
  await using opened = await open()
  const shown = await opened.run('show bytes of it\nwrite plot.PNG same')
  expect(shown.images).toMatchObject([{ path: null }])
  const id = shown.images[0]?.file_id ?? ''
  expect(await parsed(opened.files.get(project, id))).toMatchObject({ filename: `${id}.png`, bytes: 11 })
  expect(await opened.text(id)).toBe('bytes of it')
  const saved = await opened.run('write a.jpeg 1\nwrite b.txt 2\nwrite deep/c.webp 3')
  expect(saved.images.map(({ path }) => path)).toEqual(['a.jpeg', 'deep/c.webp'])
  expect(saved.images[0]?.file_id).toBe(idOf(saved, 'a.jpeg'))
})

test('only so many figures are shown', async () => {
  await using opened = await open()
  const { images, end } = await opened.run('show x\n'.repeat(25))
  expect(images).toHaveLength(20)
  expect(end.notices).toEqual(['Only the first 20 of 25 figures are shown.'])
})

test('what is too much is left out, and the model is told', async () => {
  await using opened = await open({ limits: { files: 3, bytes: 2 * 1024 ** 2 } })
  const many = await opened.run('write a 1\nwrite b 1\nwrite c 1\nwrite d 1\nwrite e 1')
  expect(written(many)).toEqual(['a', 'b', 'c'])
  expect(many.end.notices).toMatchObject([
    expect.stringMatching(/^Not saved: d, e\. At most 3 files of 2 MiB together/),
  ])
  const large = await opened.run('fill big 1500000\nfill bigger 1500000\nwrite small 1')
  expect(written(large)).toEqual(['big', 'small'])
  expect(large.end.notices).toMatchObject([expect.stringContaining('Not saved: bigger.')])
  const again = await opened.run('print 1')
  expect(again.end).toMatchObject({ written: [], notices: [] })
})

test('a session that is gone is rebuilt with what was given and what was written', async () => {
  await using opened = await open()
  const given = await uploadFile(opened, { filename: 'given.csv', content: 'given' })
  await opened.run('write out.csv old\nwrite gone.txt x', { files: await opened.placed([given]) })
  const second = await opened.run('write out.csv new\nremove gone.txt', { files: await opened.placed([given]) })
  await opened.startAgain()
  const rebuilt = await opened.run(`files\nread out.csv\nread ${idOf(second, 'out.csv')}\nread given.csv`, {
    files: await opened.placed([given]),
  })
  expect(rebuilt.logs).toBe('given.csv out.csv\nnew\nnew\ngiven\n')
  expect(rebuilt.end).toMatchObject({ reason: 'completed', fresh: 'rebuilt', written: [], notices: [] })
  expect(opened.sandbox.alive).toHaveLength(1)
})

test('what code made of a given file comes back in its place', async () => {
  await using opened = await open()
  const given = await uploadFile(opened, { filename: 'a.csv', content: 'given' })
  const atFirst = await opened.placed([given])
  const made = await opened.run('write a.csv made', { files: atFirst })
  expect(await opened.placed([given])).toEqual([{ path: 'a.csv', file_id: idOf(made, 'a.csv') }])
  await opened.startAgain()
  expect((await opened.run('read a.csv\nfiles', { files: atFirst })).logs).toBe('made\na.csv\n')
  await opened.run('print 1', { files: await opened.placed([given]) })
  expect(await opened.placed([given])).toHaveLength(1)
  const commits = opened.commits()
  await opened.run('print 1', { files: await opened.placed([given]) })
  expect(opened.commits()).toBe(commits)
  await opened.files.remove(project, idOf(made, 'a.csv'))
  await opened.startAgain()
  const restored = await opened.run('read a.csv', { files: await opened.placed([given]) })
  expect(restored).toMatchObject({ logs: 'given\n', end: { fresh: 'rebuilt', written: [], notices: [] } })
})

test('a call that was taken over by another process stores nothing', async () => {
  await using opened = await open()
  const lost = () => Promise.reject(new Error('taken over'))
  await opened.run('write kept.csv 1')
  await expect(opened.run('write out.csv 2', { hold: lost })).rejects.toThrow('taken over')
  await opened.startAgain()
  expect((await opened.run('files')).logs).toBe('kept.csv\n')
})

test('a file that was deleted does not come back', async () => {
  await using opened = await open()
  const first = await opened.run('write out.csv 1\nwrite kept.csv 2')
  await opened.files.remove(project, idOf(first, 'out.csv'))
  await opened.startAgain()
  expect((await opened.run('files')).logs).toBe('kept.csv\n')
  await opened.startAgain()
  expect(await opened.placed()).toEqual([{ path: 'kept.csv', file_id: idOf(first, 'kept.csv') }])
})

test('a session that ends under a call says why, and what is lost', async () => {
  await using opened = await open()
  await opened.run('write safe.txt 1\nset x 1')
  const died = await opened.run('write lost.txt 2\nprint before\ndie memory')
  expect(died).toMatchObject({ logs: 'before\n', end: { reason: 'session', ended: 'memory', written: [] } })
  expect(died.end.notices).toMatchObject([expect.stringContaining('what this call wrote to /mnt/data is lost')])
  const next = await opened.run('files\nget x')
  expect(next).toMatchObject({ logs: expect.stringMatching(/^safe.txt\nTraceback/), end: { fresh: 'rebuilt' } })
  expect(opened.sandbox.alive).toHaveLength(1)
})

test('a thread whose first call ends the session is rebuilt, too', async () => {
  await using opened = await open()
  await opened.run('die exited')
  expect((await opened.run('print 1')).end).toMatchObject({ fresh: 'rebuilt', ended: null, reason: 'completed' })
})

test('a session that dies between calls is rebuilt', async () => {
  await using opened = await open()
  await opened.run('write a 1')
  opened.sandbox.sessions[0]?.die('memory')
  expect(await opened.run('read a')).toMatchObject({ logs: '1\n', end: { fresh: 'rebuilt' } })
})

test('a session that made room for another thread is rebuilt', async () => {
  await using opened = await open({ sessions: 1 })
  await opened.run('write a 1\nset x 1')
  await opened.run('print 1', { thread_id: 'thread_other' })
  expect(await opened.run('read a')).toMatchObject({ logs: '1\n', end: { fresh: 'rebuilt' } })
  expect(opened.sandbox.alive).toHaveLength(1)
})

test('a call that is broken off rejects with the reason, and what it wrote is found by the next', async () => {
  await using opened = await open()
  const stop = new AbortController()
  const broken = opened.run('write early.txt 1\nwait forever', { signal: stop.signal })
  await opened.sandbox.reached('forever')
  stop.abort(new Error('cancelled'))
  await expect(broken).rejects.toThrow('cancelled')
  const next = await opened.run('set x 1')
  expect(next.end).toMatchObject({ fresh: 'new' })
  expect(written(next)).toEqual(['early.txt'])
  expect((await opened.run('get x')).end.fresh).toBe('kept')
})

test('what a call wrote that was broken off is not mistaken for what was put afterwards', async () => {
  await using opened = await open()
  const stop = new AbortController()
  const broken = opened.run('write early.txt 1\nwait forever', { signal: stop.signal })
  await opened.sandbox.reached('forever')
  stop.abort(new Error('cancelled'))
  await expect(broken).rejects.toThrow('cancelled')
  const files = await opened.placed([await uploadFile(opened, { filename: 'given.csv' })])
  expect(written(await opened.run('print 1', { files }))).toEqual(['early.txt'])
})

test('code whose reader goes away is ended with its session', async () => {
  await using opened = await open()
  const { signal } = new AbortController()
  const call = { project, thread_id: opened.thread_id, code: 'print 1\nwait forever', files: [], hold, signal }
  for await (const part of opened.interpreters().run(call)) if (part.type === 'logs') break
  expect(opened.sandbox.alive).toEqual([])
  expect((await opened.run('print 1')).end.fresh).toBe('new')
})

test('a reader may leave once it has read the end', async () => {
  await using opened = await open()
  const { signal } = new AbortController()
  const call = { project, thread_id: opened.thread_id, code: 'set x 1', files: [], hold, signal }
  for await (const part of opened.interpreters().run(call)) if (part.type === 'end') break
  expect((await opened.run('get x')).logs).toBe('1\n')
})

test('a file for which there is no room is told of once, and does not keep the code from running', async () => {
  await using opened = await open()
  const id = await uploadFile(opened, { filename: 'big.bin', content: 'x'.repeat(1024 ** 2 + 1) })
  const files = await opened.placed([id])
  const first = await opened.run('print 1', { files })
  expect(first.logs).toBe('1\n')
  expect(first.end.notices).toEqual(['The file big.bin could not be put into /mnt/data: no room left'])
  expect((await opened.run('print 1', { files })).end.notices).toEqual([])
})

test('what code wrote and there is no room for now comes back when there is', async () => {
  await using opened = await open()
  const first = await opened.run('fill one.bin 700000\nwrite small.txt 1')
  await opened.run('fill one.bin 800000\nfill two.bin 800000')
  await opened.startAgain()
  const rebuilt = await opened.run('files')
  expect(rebuilt.logs).toBe('one.bin small.txt\n')
  expect(rebuilt.end.notices).toEqual(['The file two.bin could not be put into /mnt/data: no room left'])
  await opened.run('remove one.bin')
  await opened.startAgain()
  expect((await opened.run('files')).logs).toBe('small.txt two.bin\n')
  expect(await opened.text(idOf(first, 'one.bin'))).toHaveLength(700_000)
})

test('a session that ends while its files are fetched leaves none of them', async () => {
  await using opened = await open()
  await opened.run('print 1')
  const before = await opened.blobCount()
  const [session] = opened.sandbox.sessions
  if (!session) throw new Error('there is no session')
  const { get } = session
  session.get = (path) => {
    if (path === 'b') session.die('protocol')
    return get.call(session, path)
  }
  const died = await opened.run('write a 1\nwrite b 2')
  expect(died.end).toMatchObject({ reason: 'completed', ended: 'protocol', written: [] })
  expect(died.end.notices).toMatchObject([expect.stringContaining('is lost')])
  expect(await opened.blobCount()).toBe(before)
  expect((await opened.run('files')).end.fresh).toBe('rebuilt')
})

test('a full folder is said to be full', async () => {
  await using opened = await open()
  const code = Array.from({ length: 1001 }, (_, index) => `write __pycache__/${index} 1`).join('\n')
  expect((await opened.run(`write a.txt 1\n${code}`)).end.notices).toEqual([
    '/mnt/data holds 1000 files or more; what lies beyond is not saved.',
  ])
})

test('when no session can be had the reason is told', async () => {
  await using opened = await open()
  await opened.interpreters().close()
  await expect(opened.run('print 1')).rejects.toThrow(SandboxFailure)
})

test('what cannot be recorded leaves no bytes behind, and is found by the next call', async () => {
  await using opened = await open()
  await opened.run('print 1')
  const before = await opened.blobCount()
  opened.sabotage()
  await expect(opened.run('write a 1\nwrite b 2')).rejects.toThrow('disk full')
  expect(await opened.blobCount()).toBe(before)
  expect(written(await opened.run('print 1'))).toEqual(['a', 'b'])
})

test('a thread that is deleted leaves no row, and its session ends', async () => {
  await using opened = await open()
  const running = opened.run('wait a\nwrite out.csv 1')
  await opened.sandbox.reached('a')
  await opened.threads.remove(project, opened.thread_id)
  opened.sandbox.release('a')
  expect(written(await running)).toEqual(['out.csv'])
  expect(await opened.store.read(project).interpreters.get(opened.thread_id)).toBeUndefined()
  await opened.interpreters().forget(project, opened.thread_id)
  expect(opened.sandbox.alive).toEqual([])
})
