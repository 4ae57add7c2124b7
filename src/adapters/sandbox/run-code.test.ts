import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  firstPartOf,
  hasMatplotlib,
  hasPython,
  openUnconfined,
  outcomeOf,
} from '../../../test/support/sandbox-sessions.ts'

describe.skipIf(!hasPython)('code', () => {
  test('keeps variables, imports and the working directory between calls', async () => {
    await using python = await openUnconfined()
    expect(await python.do('import os\nx = 20\nos.mkdir("sub")\nos.chdir("sub")')).toMatchObject({
      logs: '',
      end: 'completed',
    })
    expect(await python.do('x += 1\nprint(x, os.path.basename(os.getcwd()), __name__)')).toMatchObject({
      logs: '21 sub __main__\n',
    })
  })

  test('shows the last expression as a notebook does', async () => {
    await using python = await openUnconfined()
    expect(await python.do('1 + 1')).toMatchObject({ logs: '2\n' })
    expect(await python.do('"a\\nb"')).toMatchObject({ logs: "'a\\nb'\n" })
    expect(await python.do('_ * 2')).toMatchObject({ logs: "'a\\nba\\nb'\n" })
    expect(await python.do('None')).toMatchObject({ logs: '' })
    expect(await python.do('3;')).toMatchObject({ logs: '' })
    expect(await python.do('x = 3')).toMatchObject({ logs: '' })
    expect(await python.do('for i in range(2):\n  i')).toMatchObject({ logs: '' })
    expect(await python.do('display(1, None, "b")')).toMatchObject({ logs: "1\n'b'\n" })
    expect(await python.do('')).toMatchObject({ logs: '', end: 'completed' })
  })

  test('has its output, errors and that of its programs in order', async () => {
    await using python = await openUnconfined()
    const { logs } = await python.do(`
import os, subprocess, sys
print('1')
print('2', file=sys.stderr)
os.system('echo 3; echo 4 >&2')
sys.stdout.write('5')
sys.stderr.write('6\\n')
subprocess.run(['echo', '7'])
sys.stdout.buffer.write(b'8\\n')
print('9', end='')`)
    expect(logs).toBe('1\n2\n3\n4\n56\n7\n8\n9')
  })

  test('is streamed as it comes', async () => {
    await using python = await openUnconfined()
    const { first, parts } = await firstPartOf(
      python.session,
      `
import os, time
print('first')
while not os.path.exists('go'):
    time.sleep(0.001)
print('second')`,
    )
    expect(first.value).toEqual({ type: 'logs', text: 'first\n' })
    const { writeFile } = await import('node:fs/promises')
    await writeFile(`${python.folder}/go`, '')
    expect(await parts.next()).toEqual({ done: false, value: { type: 'logs', text: 'second\n' } })
    expect((await parts.next()).value).toEqual({ type: 'end', reason: 'completed' })
    expect(await python.do('1')).toMatchObject({ logs: '1\n' }) // though nobody asked for more after the end
  })

  test('raises with a traceback of its own lines alone', async () => {
    await using python = await openUnconfined()
    const { logs, end } = await python.do('def half(n):\n  return n / 0\n\nhalf(3)')
    expect(end).toBe('raised')
    expect(logs).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "<cell 1>", line 4, in <module>\n {4}half\(3\)/,
    )
    expect(logs).toMatch(
      /File "<cell 1>", line 2, in half\n {4}return n \/ 0\n[\s\S]*ZeroDivisionError: division by zero\n$/,
    )
    expect(logs).not.toContain('<string>')
    const later = await python.do('try:\n  half(1)\nexcept Exception as e:\n  raise KeyError("k") from e')
    expect(later.logs).toContain('return n / 0')
    expect(later.logs).toContain('direct cause')
    expect(later.logs).not.toContain('<string>')
  })

  test('may be no Python', async () => {
    await using python = await openUnconfined()
    const { logs, end } = await python.do('x = 1\nprint((x)')
    expect(end).toBe('raised')
    expect(logs).toMatch(/^ {2}File "<cell 1>", line 2\n {4}print\(\(x\)\n[\s\S]*SyntaxError: /)
    expect(await python.do('x')).toMatchObject({ end: 'raised' }) // nothing of it ran
    expect(await python.do('a\0b')).toMatchObject({ end: 'raised' })
    expect(await python.do('print("still here")')).toMatchObject({ logs: 'still here\n' })
  })

  test.for(['import sys; sys.exit(3)', 'exit()', 'raise SystemExit', 'raise KeyboardInterrupt'])(
    'goes on after %s',
    async (code) => {
      await using python = await openUnconfined()
      expect(await python.do(`x = 1\n${code}`)).toMatchObject({
        end: 'raised',
        logs: expect.stringContaining('Traceback'),
      })
      expect(await python.do('x')).toMatchObject({ logs: '1\n' })
    },
  )

  test('may end its own Python', async () => {
    await using python = await openUnconfined()
    expect(await python.do('import os\nos._exit(3)')).toMatchObject({ end: 'session' })
    expect(await python.session.ended).toBe('exited')
    expect(await python.do('1')).toMatchObject({ end: 'session', logs: '' })
  })

  test('may await, start programs with ! and use no magics', async () => {
    await using python = await openUnconfined()
    expect(
      await python.do('import asyncio\nx = await asyncio.sleep(0, 5)\nawait asyncio.sleep(0, x + 1)'),
    ).toMatchObject({
      logs: '6\n',
    })
    expect(
      await python.do('print(1)\nif True:\n    !echo "two words" >&2\n%matplotlib inline\n%timeit 3'),
    ).toMatchObject({
      logs: '1\ntwo words\n%timeit is not available: there are no magics here.\n',
      end: 'completed',
    })
    expect(await python.do('s = """\n!echo no\n"""\ns')).toMatchObject({ logs: "'\\n!echo no\\n'\n" })
    expect((await python.do('!echo no\n1 +')).logs).toContain('!echo no')
  })

  test('has nobody to ask', async () => {
    await using python = await openUnconfined()
    expect((await python.do('input()')).logs).toContain('EOFError')
  })

  test('that closed or replaced its streams can print in the next call', async () => {
    await using python = await openUnconfined()
    await python.do('import sys, os\nsys.stdout.close()')
    expect(await python.do('print("a")')).toMatchObject({ logs: 'a\n' })
    await python.do('os.close(1)\nos.close(2)')
    expect(await python.do('print("b")')).toMatchObject({ logs: 'b\n' })
    await python.do('sys.stderr = sys.stdout = None')
    expect((await python.do('print("c"); 1 / 0')).logs).toMatch(/^c\n[\s\S]*ZeroDivisionError/)
  })

  test('forked by itself ends once', async () => {
    await using python = await openUnconfined()
    const { logs, end } = await python.do(`
import os
child = os.fork()
if child:
    os.wait()
print('child' if child == 0 else 'parent')`)
    expect({ logs, end }).toEqual({ logs: 'child\nparent\n', end: 'completed' })
    expect(await python.do('2')).toMatchObject({ logs: '2\n' })
  })

  test('prints any characters and bytes; what cannot be stored becomes a replacement character', async () => {
    await using python = await openUnconfined()
    const { logs } = await python.do(`
print('é 漢 🎉', '\\ud800', '\\0')
import os
os.write(1, b'\\xff\\xfe\\n')
os.write(1, '漢'.encode()[:2]);`)
    expect(logs).toBe('é 漢 🎉 \\ud800 \uFFFD\n\uFFFD\uFFFD\n\uFFFD')
    const { logs: long } = await python.do('print("漢🎉" * 5000)')
    expect(long).toBe(`${'漢🎉'.repeat(5000)}\n`)
    expect(await python.do('"\uD800"')).toMatchObject({ end: 'raised' })
  })

  test('prints between calls into the next one', async () => {
    await using python = await openUnconfined()
    await python.do(`
import threading
go, done = threading.Event(), threading.Event()
def late():
    go.wait()
    print('late')
    done.set()
threading.Thread(target=late).start()`)
    expect(await python.do('go.set()\ndone.wait()\nprint("now")')).toMatchObject({ logs: 'late\nnow\n' })
  })
})

describe.skipIf(!hasPython)('a call over its limits', () => {
  test('is interrupted in time and keeps its variables', async () => {
    await using python = await openUnconfined({ seconds: 0.3 })
    const { logs, end } = await python.do('n = 0\nwhile True:\n  n += 1')
    expect(end).toBe('timeout')
    expect(logs).toMatch(/Traceback[\s\S]*"<cell 1>", line [23][\s\S]*KeyboardInterrupt\n$/)
    expect(await python.do('n > 0')).toMatchObject({ logs: 'True\n', end: 'completed' })
  })

  test.for([
    'import time; time.sleep(60)',
    'import subprocess; subprocess.run(["sleep", "60"])',
    'import os; os.system("sleep 60"); os.system("sleep 60")',
    'import asyncio; await asyncio.sleep(60)',
    '!sleep 60',
    'import threading; threading.Event().wait()',
    'class A:\n  def __repr__(self):\n    while True: pass\nA()',
    'class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E()',
  ])('is interrupted in %j', async (code) => {
    await using python = await openUnconfined({ seconds: 0.2 })
    expect(await python.do(code)).toMatchObject({ end: 'timeout' })
    expect(await python.do('1')).toMatchObject({ logs: '1\n', end: 'completed' })
  })

  test.for([
    'import time\nwhile True:\n  try:\n    time.sleep(60)\n  except BaseException: pass',
    'sum(range(10 ** 12))',
  ])('is killed when it does not listen: %j', async (code) => {
    await using python = await openUnconfined({ seconds: 0.2 })
    expect(await python.do(code)).toMatchObject({ end: 'session' })
    expect(await python.session.ended).toBe('unresponsive')
  })

  test('is cut off when it prints without end', async () => {
    await using python = await openUnconfined({ outputBytes: 10_000 })
    const { logs, end } = await python.do('x = 1\nwhile True: print("é" * 99)')
    expect(end).toBe('output')
    expect(Buffer.byteLength(logs)).toBe(10_000)
    expect(await python.do('x')).toMatchObject({ logs: '1\n' })
    expect(await python.do('print("a" * 10_000)')).toMatchObject({ end: 'output' })
    expect(await python.do('print("a" * 9_999)')).toMatchObject({ end: 'completed' })
    expect(await python.do('import os; os.system("yes")')).toMatchObject({ end: 'output' })
  })
})

describe.skipIf(!hasPython)('a call that nobody waits for', () => {
  test('rejects with the reason of its signal, and the session lives', async () => {
    await using python = await openUnconfined()
    const abort = new AbortController()
    const { parts } = await firstPartOf(python.session, 'x = 7\nprint(1)\nwhile True: pass', abort.signal)
    const next = parts.next()
    abort.abort(new Error('cancelled'))
    await expect(next).rejects.toThrow('cancelled')
    expect(await python.do('x')).toMatchObject({ logs: '7\n', end: 'completed' })
    const started = outcomeOf(python.session.run('1', { signal: abort.signal }))
    await expect(started).rejects.toThrow('cancelled')
  })

  test('hears of it at any moment, call after call', async () => {
    await using python = await openUnconfined({ seconds: 30 })
    for (let call = 0; call < 30; call++) {
      const abort = new AbortController()
      const stopped = outcomeOf(python.session.run('import time\ntime.sleep(60)', { signal: abort.signal }))
      for (let turn = 0; turn < call; turn++) await setImmediate()
      abort.abort(new Error('cancelled'))
      await expect(stopped).rejects.toThrow('cancelled')
      expect(await python.do(String(call))).toMatchObject({ logs: `${call}\n`, end: 'completed' })
    }
  })

  test('takes its session along when it does not listen', async () => {
    await using python = await openUnconfined()
    const abort = new AbortController()
    const { parts } = await firstPartOf(
      python.session,
      'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(1)\nwhile True: pass',
      abort.signal,
    )
    abort.abort(new Error('cancelled'))
    await expect(parts.next()).rejects.toThrow('cancelled')
    expect(await python.session.ended).toBe('unresponsive')
  })

  test('is interrupted when its reader leaves', async () => {
    await using python = await openUnconfined()
    for await (const part of python.session.run('x = 8\nwhile True: print("x" * 1000)', {
      signal: new AbortController().signal,
    })) {
      expect(part.type).toBe('logs')
      break
    }
    expect(await python.do('x')).toMatchObject({ logs: '8\n', end: 'completed' })
  })

  test('waits for the one before it', async () => {
    await using python = await openUnconfined()
    const [first, second] = await Promise.all([python.do('x = 1\nprint("a")'), python.do('print(x)')])
    expect([first.logs, second.logs]).toEqual(['a\n', '1\n'])
  })
})

describe.skipIf(!hasPython)('code that attacks its driver', () => {
  test('ends at most its own session by writing to every descriptor', async () => {
    await using python = await openUnconfined()
    await using other = await openUnconfined()
    const { end } = await python.do(`
import os
for number in range(3, 200):
    try:
        os.write(number, b'{"say": "end", "id": 99, "how": "completed"}\\n')
    except OSError:
        pass`)
    expect(end).toBe('session')
    expect(await python.session.ended).toBe('protocol')
    expect(await other.do('1')).toMatchObject({ logs: '1\n', end: 'completed' })
  })

  test.for([
    ['half a line', '{"say": "te'],
    ['another call', '{"say": "text", "id": 77, "text": "forged"}\n'],
    ['a file that nobody asked for', '{"say": "file", "id": 1, "path": "../x", "bytes": 1, "version": "1"}\n'],
    ['a line without end', 'x'.repeat(1_100_000)],
  ] as const)('is found out by %s', async ([, line]) => {
    await using python = await openUnconfined()
    const code = `import sys, gc
driver = sys.modules['__main__'].__builtins__.display.__globals__['driver']
import os
data = ${JSON.stringify(line)}.encode()
while data: data = data[os.write(driver.answers, data):]
print('more')`
    expect(await python.do(code)).toMatchObject({ end: 'session', logs: '' })
    expect(await python.session.ended).toBe('protocol')
  })

  test('that closes the way out has ended its session', async () => {
    await using python = await openUnconfined()
    expect(await python.do('import os\nos.closerange(3, 300)')).toMatchObject({ end: 'session' })
    expect(await python.session.ended).toBe('exited')
  })
})

describe.skipIf(!hasMatplotlib)('figures', { timeout: 60_000 }, () => {
  test('are shown when they are, and at the end of the call', async () => {
    await using python = await openUnconfined()
    const shown = await python.do(`
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
print('before')
plt.plot([1, 2])
plt.show()
print('between')
fig, ax = plt.subplots()`)
    expect(shown).toMatchObject({ logs: 'before\nbetween\n', order: 'logs image logs image', end: 'completed' })
    for (const { format, data } of shown.images) {
      expect(format).toBe('png')
      expect(Buffer.from(data).subarray(1, 4).toString()).toBe('PNG')
    }
    expect(await python.do('plt.get_fignums()')).toMatchObject({ logs: '[]\n', images: [] })
    expect(await python.do('fig')).toMatchObject({ logs: '', order: 'image' })
    expect(await python.do('plt.plot([1]); fig2 = plt.gcf(); fig2.show()')).toMatchObject({ logs: '', order: 'image' })
    expect(await python.do('plt.plot([1])\n1 / 0')).toMatchObject({ order: 'logs image', end: 'raised' })
  })

  test('are at most twenty a call', async () => {
    await using python = await openUnconfined()
    const { images, logs } = await python.do(`
import matplotlib.pyplot as plt
for n in range(22):
    plt.figure(figsize=(1, 1))
    plt.show()`)
    expect(images.length).toBe(20)
    expect(logs.match(/An image is left out/g)).toHaveLength(2)
  })

  test('work in a Python that the code starts', async () => {
    await using python = await openUnconfined()
    const { logs } = await python.do(`
import subprocess, sys
plot = 'import matplotlib.pyplot as plt; plt.plot([1]); plt.savefig("a.png"); print("drawn")'
subprocess.run([sys.executable, '-c', plot]);`)
    expect(logs).toBe('drawn\n')
  })
})

describe.skipIf(!hasPython)('objects that draw themselves', () => {
  test('are shown as images, if they do', async () => {
    await using python = await openUnconfined()
    const png = 'class P:\n  def _repr_png_(self): return b"\\x89PNG\\r\\n\\x1a\\n" + b"x" * 600000\nP()'
    const { images } = await python.do(png)
    expect(images.map(({ data }) => data.byteLength)).toEqual([600_008])
    const { images: jpeg } = await python.do('class J:\n  def _repr_jpeg_(self): return b"\\xff\\xd8\\xff1", {}\nJ()')
    expect(jpeg.map(({ format }) => format)).toEqual(['jpeg'])
    expect(
      await python.do('class N:\n  def _repr_png_(self): return b"no"\n  def __repr__(self): return "N"\nN()'),
    ).toMatchObject({
      logs: 'N\n',
      images: [],
    })
  })
})
