import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { collect, hasPython, openUnconfined } from '../../../test/support/sandbox-sessions.ts'
import { SandboxFailure, type SandboxSession } from '../../ports/sandbox.ts'

async function* bytes(...pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece)
}

async function read(session: SandboxSession, path: string): Promise<Buffer> {
  return Buffer.concat(await collect(session.get(path)))
}

describe.skipIf(!hasPython)('files of a session', () => {
  test('are put whole, in folders, under a second name, and can be changed by code', async () => {
    await using python = await openUnconfined()
    await python.session.put('data/a b.csv', bytes('1,', '2\n'), { alias: 'file-abc' })
    expect(await python.do('open("data/a b.csv").read() + open("file-abc").read()')).toMatchObject({
      logs: "'1,2\\n1,2\\n'\n",
    })
    await python.do('open("file-abc", "a").write("3\\n")')
    expect((await read(python.session, 'data/a b.csv')).toString()).toBe('1,2\n3\n')
    await python.session.put('data/a b.csv', bytes('new'), { alias: 'file-abc' })
    expect((await read(python.session, 'data/a b.csv')).toString()).toBe('new')
    await python.session.put('empty', bytes())
    expect(await read(python.session, 'empty')).toHaveLength(0)
    expect((await python.session.list()).map(({ path }) => path)).toEqual(['data/a b.csv', 'empty'])
  })

  test('may be large, and any bytes', async () => {
    await using python = await openUnconfined()
    const data = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 251 }, (_, index) => index)))
    await python.session.put('big', bytes(data))
    expect((await read(python.session, 'big')).equals(data)).toBe(true)
    for await (const piece of python.session.get('big')) {
      expect(piece.byteLength).toBeLessThan(data.byteLength)
      break // the rest is not wanted
    }
    expect(await python.do('1')).toMatchObject({ logs: '1\n' })
  })

  test('are told when they do not fit, and leave nothing behind', async () => {
    await using python = await openUnconfined({ diskMegabytes: 1 })
    const half = Buffer.alloc(600_000)
    const put = python.session.put('big', bytes(half, half))
    await expect(put).rejects.toThrow(SandboxFailure)
    await expect(put).rejects.toThrow('There is no room for "big" in the sandbox')
    expect(await python.session.list()).toEqual([])
    expect((await python.do('import os; os.listdir()')).logs).toBe('[]\n')
  })

  test('are not put when their source fails', async () => {
    await using python = await openUnconfined()
    async function* failing() {
      yield Buffer.from('half')
      throw new Error('lost')
    }
    await python.session.put('a', bytes('old'))
    await expect(python.session.put('a', failing())).rejects.toThrow('lost')
    expect((await read(python.session, 'a')).toString()).toBe('old')
  })

  test.for(['', '/etc/x', '../x', 'a/../../x', 'a//b', './a', 'a\nb', 'a\0b', '\uD800'])(
    'have no name like %j',
    async (path) => {
      await using python = await openUnconfined()
      await expect(python.session.put(path, bytes('x'))).rejects.toThrow(SandboxFailure)
      await expect(python.session.put('x', bytes('x'), { alias: path })).rejects.toThrow(SandboxFailure)
      await expect(read(python.session, path)).rejects.toThrow(SandboxFailure)
    },
  )

  test('do not replace folders, nor lie under files', async () => {
    await using python = await openUnconfined()
    await python.session.put('folder/file', bytes('x'))
    await expect(python.session.put('folder', bytes('x'))).rejects.toThrow('"folder" cannot be written')
    await expect(python.session.put('folder/file/more', bytes('x'))).rejects.toThrow(SandboxFailure)
    await expect(python.session.put('x'.repeat(300), bytes('x'))).rejects.toThrow(SandboxFailure)
    expect(await python.session.list()).toMatchObject([{ path: 'folder/file' }])
  })

  test('are listed when they are regular, with a version that changes with every write', async () => {
    await using python = await openUnconfined()
    const { folder, session } = python
    await writeFile(join(folder, 'b'), 'one')
    await mkdir(join(folder, 'a'))
    await writeFile(join(folder, 'a/é 漢'), '12345')
    await symlink('/etc/passwd', join(folder, 'link'))
    await symlink('/etc', join(folder, 'linked folder'))
    await python.do(`
import os, socket
os.mkfifo('fifo')
open(b'bad \\xff', 'w').close()
open('new\\nline', 'w').close()
open('del\\x7f', 'w').close()
socket.socket(socket.AF_UNIX).bind('socket')
deep = '/'.join('d' * 9)
os.makedirs(deep)
open(deep + '/too deep', 'w').close()
open('/'.join('d' * 7) + '/deep', 'w').close()`)
    const files = await session.list()
    expect(files.map(({ path, bytes }) => ({ path, bytes }))).toEqual([
      { path: 'a/é 漢', bytes: 5 },
      { path: 'b', bytes: 3 },
      { path: 'd/d/d/d/d/d/d/deep', bytes: 0 },
    ])
    await python.do(
      'import os\nat = os.stat("b")\nopen("b", "w").write("two")\nos.utime("b", ns=(at.st_atime_ns, at.st_mtime_ns))',
    )
    const again = await session.list()
    expect(again.map(({ version }, index) => version === files[index]?.version)).toEqual([true, false, true])
  })

  test('are at most a thousand in a list', async () => {
    await using python = await openUnconfined()
    await python.do('for n in range(1100): open(f"{n:04}", "w").close()')
    expect(await python.session.list()).toHaveLength(1000)
  })

  test('are not read through links, from special files or from holes', async () => {
    await using python = await openUnconfined()
    const { folder, session } = python
    await symlink('/etc/passwd', join(folder, 'link'))
    await python.do('import os; os.mkfifo("fifo")')
    await mkdir(join(folder, 'folder'))
    await writeFile(join(folder, 'sparse'), '')
    await truncate(join(folder, 'sparse'), 1024 ** 4)
    for (const path of ['link', 'fifo', 'folder', 'missing', 'missing/file', 'link/file']) {
      await expect(read(session, path)).rejects.toThrow(`There is no file "${path}" in the sandbox`)
    }
    await expect(read(session, 'sparse')).rejects.toThrow('4 MB')
    expect(await python.do('1')).toMatchObject({ logs: '1\n' })
  })

  test('are of one session alone', async () => {
    await using one = await openUnconfined()
    await using two = await openUnconfined()
    await one.session.put('a', bytes('one'))
    await two.session.put('a', bytes('two'))
    expect((await read(one.session, 'a')).toString()).toBe('one')
    expect(await readFile(join(two.folder, 'a'), 'utf8')).toBe('two')
  })

  test('are out of reach when the session is over', async () => {
    await using python = await openUnconfined()
    await python.session.close()
    await expect(python.session.put('a', bytes('x'))).rejects.toThrow(SandboxFailure)
    await expect(python.session.list()).rejects.toThrow(SandboxFailure)
    await expect(read(python.session, 'a')).rejects.toThrow('over')
    expect(await python.session.ended).toBe('closed')
  })
})
