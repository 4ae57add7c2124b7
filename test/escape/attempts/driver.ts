import { expect } from 'vitest'
import type { Attempt, Judge } from '../attempt.ts'
import { all, ends, harmless, sessionLives } from '../judges.ts'

/** Code of others can reach everything of the driver. These write what they like to whoever hears it. */
const sayToAll = `
def say_to_all(data):
    printed = os.fstat(1)
    for descriptor in range(3, 256):
        try:
            it = os.fstat(descriptor)
            if (stat.S_ISFIFO(it.st_mode) or stat.S_ISSOCK(it.st_mode)) and not os.path.samestat(it, printed):
                os.set_blocking(descriptor, True)
                os.write(descriptor, data)
        except OSError:
            pass

def say(data):
    while data:
        data = data[os.write(globals_of_driver()['driver'].answers, data):]

def globals_of_driver():
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
    return frame.f_globals
`

const anyEnd = ends(
  ['completed', 'raised', 'timeout', 'output', 'session'],
  ['exited', 'protocol', 'unresponsive', 'memory'],
)

/** Whoever says what is no answer is not listened to any more. */
const foundOut: Judge = ({ end, ended }) => {
  expect({ end, ended }).toEqual({ end: 'session', ended: 'protocol' })
}

export const driver: readonly Attempt[] = [
  { name: 'an exit', tries: 'ends its Python with `sys.exit`', code: 'sys.exit(3)', holds: sessionLives },
  {
    name: 'a hard exit',
    tries: 'ends its Python with `os._exit`',
    code: 'os._exit(0)',
    holds: ends(['session'], ['exited']),
  },
  {
    name: 'a crash',
    tries: 'reads from address 0',
    code: 'ctypes.string_at(0)',
    holds: ends(['session'], ['exited']),
  },
  {
    name: 'signals to the driver',
    tries: 'sends every signal to itself, one after the other',
    code: 'for number in range(1, 65): os.kill(os.getpid(), number)',
    holds: ends(['raised', 'session'], ['exited', 'unresponsive']),
  },
  {
    name: 'all descriptors closed',
    tries: "closes every descriptor, the driver's too",
    code: 'os.closerange(0, 65536)',
    holds: anyEnd,
  },
  {
    name: 'other descriptors in their place',
    tries: "puts `/dev/null`, a full device and files over every descriptor, the driver's too",
    code: `
for descriptor in range(256):
    try:
        os.fstat(descriptor)
        os.dup2(os.open(('/dev/null', '/dev/full', '/mnt/data/all')[descriptor % 3], os.O_RDWR | os.O_CREAT), descriptor)
    except OSError:
        pass
`,
    holds: anyEnd,
  },
  {
    name: 'descriptors joined',
    tries: "connects the driver's output with its input, so that answers become commands",
    code: `
pipes = [descriptor for descriptor in range(256) if os.path.exists(f'/proc/self/fd/{descriptor}')]
for left in pipes:
    for right in pipes:
        try:
            os.dup2(left, right)
        except OSError:
            pass
`,
    holds: anyEnd,
  },
  {
    name: 'junk for the driver to say',
    tries: 'writes what is no JSON to every pipe',
    code: `${sayToAll}\nsay_to_all(b'junk\\n{"say":\\n\\n[]\\n1e999\\nnull\\n')`,
    holds: foundOut,
  },
  {
    name: 'a line without an end',
    tries: 'says 100 MB without a line break',
    code: `${sayToAll}
for turn in range(100):
    say(b'{"say":"text","id":1,"text":"' + b'x' * (1 << 20))`,
    holds: foundOut,
  },
  {
    name: 'forged answers with other ids',
    tries: 'writes well-formed answers to calls that are over, that are not yet made, or that nobody made',
    code: `${sayToAll}
for number in (-1, 0, 1, 2, 3, 4, 5, 999, 2 ** 53, 1.5, '2', None, [], {}):
    for say in ('ready', 'prepared', 'text', 'full', 'end', 'done', 'failed', 'file', 'chunk', 'image', 'evil'):
        say_to_all((json.dumps(dict(say=say, id=number, how='completed', text='evil', path='evil', bytes=1)) + '\\n').encode())`,
    holds: foundOut,
  },
  {
    name: 'a forged end',
    tries: 'tells that the call is over while it goes on',
    code: `${sayToAll}
number = globals_of_driver()['driver'].call.number
say_to_all((json.dumps(dict(say='end', id=number, how='completed')) + '\\n').encode())
while True: pass`,
    holds: ends(['completed', 'session'], ['protocol', 'unresponsive']),
  },
  {
    name: 'answers that poison objects',
    tries: 'writes `__proto__`, `constructor` and keys that occur twice',
    code: `${sayToAll}
say_to_all(b'{"say":"text","id":1,"text":"x","__proto__":{"polluted":true}}\\n')
say_to_all(b'{"__proto__":{"say":"text","id":2,"text":"x"},"constructor":{"prototype":{"polluted":true}}}\\n')`,
    holds: all(foundOut, () => expect(Reflect.get({}, 'polluted')).toBeUndefined()),
  },
  {
    name: 'answers that are deep',
    tries: 'says 200,000 nested arrays and objects',
    code: `${sayToAll}
say(b'[' * 200_000 + b']' * 200_000 + b'\\n')
say(b'{"a":' * 100_000 + b'1' + b'}' * 100_000 + b'\\n')`,
    holds: foundOut,
  },
  {
    name: 'answers that are no text',
    tries: 'writes bad UTF-8, zero bytes and half a character to every pipe',
    code: `${sayToAll}\nsay_to_all(b'{"say":"text","id":2,"text":"\\xff\\xc3\\x28\\x00"}\\n\\xed\\xa0\\x80\\n\\xf0\\x9f\\n')`,
    holds: foundOut,
  },
  {
    name: 'the driver turned',
    tries: "finds the driver's own functions through its frames, and changes what it says and how it counts",
    code: `${sayToAll}
known = globals_of_driver()
it = known['driver']
it.room = it.images = 10 ** 12
it.call = None
known['MOST_IMAGES'] = known['MOST_FILES'] = 10 ** 12
for turn in range(5000):
    it.say(say='text', id=1, text='x' * 100_000)
    it.say(say='text', id=2, text='x' * 100_000)`,
    holds: all(ends(['output', 'session'], ['protocol', 'unresponsive']), ({ logs, limits }) => {
      expect(Buffer.byteLength(logs)).toBeLessThanOrEqual(limits.outputBytes)
    }),
  },
  {
    name: 'forged lists of files',
    tries:
      'answers the question for its files with paths that lead out, sizes that are wrong, and a list without an end',
    code: `${sayToAll}
known = globals_of_driver()
say = known['driver'].say
paths = ['../../../etc/shadow', '/etc/shadow', 'a\\0b', '..', 'a/../../b', '', 'a\\nb', '\\ud800', 'x' * 100_000]
def forged(number):
    for path in paths:
        say(say='file', id=number, path=path, bytes=1, version='1')
    while True:
        say(say='file', id=number, path='fine.txt', bytes=-1, version='1')
known['list_files'] = forged`,
    holds: ({ files }) => expect(files).toBe(null),
  },
  {
    name: 'an endless list of files',
    tries: 'answers the question for its files with a list that has no end, every line of it well-formed',
    code: `${sayToAll}
known = globals_of_driver()
import itertools
def forged(number):
    for count in itertools.count():
        known['driver'].say(say='file', id=number, path=f'{count}.txt', bytes=1, version='1')
known['list_files'] = forged`,
    holds: ({ files }) => expect(files?.length ?? 0).toBeLessThanOrEqual(1000),
  },
  {
    name: 'an endless file',
    tries: 'answers the question for a file with bytes that never end',
    code: `${sayToAll}
open('/mnt/data/endless.txt', 'w').write('x')
known = globals_of_driver()
def forged(number, path):
    while True:
        known['driver'].say(say='chunk', id=number, data='A' * 200_000)
known['get_file'] = forged`,
    asks: ['endless.txt'],
    holds: ({ limits, contents }) => {
      expect(contents.get('endless.txt')?.length ?? 0).toBeLessThanOrEqual(limits.diskMegabytes * 2 ** 20)
    },
  },
  {
    name: 'answers that trickle',
    tries:
      'answers the question for its files line by line, one a second, so that whoever waits for the end waits for hours',
    code: `${sayToAll}
known = globals_of_driver()
def forged(number):
    for count in range(1000):
        known['driver'].say(say='file', id=number, path=f'{count}.txt', bytes=1, version='1')
        time.sleep(1)
known['list_files'] = forged`,
    holds: ({ files, ended }) => expect({ files, ended }).toEqual({ files: null, ended: 'unresponsive' }),
  },
  {
    name: 'commands taken away',
    tries: 'reads what the server tells the driver, so that the driver does not hear it',
    code: `
def steal():
    while True:
        for descriptor in range(3, 256):
            try:
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode) or stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                    os.set_blocking(descriptor, False)
                    os.read(descriptor, 65536)
            except OSError:
                pass
threading.Thread(target=steal, daemon=True).start()
`,
    asksNothing: true,
    holds: harmless,
  },
  {
    name: 'two drivers',
    tries: 'forks and lets both processes go on as the driver',
    code: "os.fork()\nprint('here')",
    holds: all(anyEnd, ({ logs }) => expect(logs).toContain('here')),
  },
  {
    name: 'broken built-ins',
    tries: 'replaces `json`, `os.write`, `print`, `len`, `open` and what else the driver uses',
    code: `
import builtins, base64, traceback
def evil(*arguments, **named): raise SystemExit('evil')
for module in (json, traceback, base64, signal, time, threading, os):
    for name in list(vars(module)):
        if callable(getattr(module, name)) and name[0] != '_':
            try:
                setattr(module, name, evil)
            except Exception:
                pass
for name in ('print', 'len', 'open', 'repr', 'getattr', 'isinstance', 'compile', 'eval'):
    setattr(builtins, name, evil)
`,
    holds: anyEnd,
  },
  {
    name: 'no limits left for the driver',
    tries: 'lowers its own limits so far that nothing can be opened, written or started',
    code: `
import resource
for name in ('NOFILE', 'FSIZE', 'NPROC', 'AS', 'DATA', 'STACK'):
    resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (0, 0))
`,
    puts: ['upload.csv'],
    holds: anyEnd,
  },
  {
    name: 'everything removed',
    tries: 'deletes every file that it can, and the folder it is in',
    code: "subprocess.run(['rm', '-rf', '--no-preserve-root', '/'], stderr=subprocess.DEVNULL)",
    holds: anyEnd,
  },
  {
    name: 'code that is no code',
    tries: 'is zero bytes, half characters and brackets that nest too deep',
    code: `\0\ud800${'('.repeat(5000)}`,
    holds: all(ends(['raised', 'session'], ['exited', 'memory']), harmless),
  },
]
