import { expect } from 'vitest'
import type { Attempt, Judge } from '../attempt.ts'
import { all, atMost, ends, sessionLives } from '../judges.ts'

/** Text beyond the limit was not passed on. */
const cutOff: Judge = ({ logs, limits }) => {
  expect(Buffer.byteLength(logs)).toBeLessThanOrEqual(limits.outputBytes)
}

const diskHeld = atMost('got', ({ diskMegabytes }) => diskMegabytes)
const flooded = all(ends(['output', 'session'], ['unresponsive']), cutOff)

export const floods: readonly Attempt[] = [
  {
    name: 'a flood of one file',
    tries: 'writes one file until the disk is full',
    gentle: true,
    code: `
total = 0
try:
    with open('/mnt/data/flood', 'wb', buffering=0) as file:
        while True:
            total += file.write(b'x' * (1 << 20))
except OSError as error:
    print(errno.errorcode[error.errno])
os.unlink('/mnt/data/flood')
print('got', total >> 20)
`,
    holds: all(diskHeld, ends(['completed']), sessionLives),
  },
  {
    name: 'a flood of everything that can be written',
    tries: 'fills every folder that it may write to: `/tmp`, `/dev/shm`, its home, `/mnt/data`, `/var/tmp`, `/run`',
    code: `
total = 0
for folder in ('/mnt/data', '/tmp', '/dev/shm', os.environ['HOME'], '/var/tmp', '/run', '/mnt', '/dev', '/etc', '/run/lock', '/dev/mqueue'):
    for number in range(40):
        try:
            with open(f'{folder}/flood{number}', 'wb', buffering=0) as file:
                while True:
                    total += file.write(b'x' * (1 << 20))
        except OSError:
            pass
print('got', total >> 20)
`,
    holds: all(diskHeld, ends(['completed']), sessionLives),
    otherwise: {
      landlock: {
        promises: 'a watchdog ends the session soon after',
        holds: ends(['completed', 'session'], ['memory', 'exited', 'unresponsive']),
      },
    },
  },
  {
    name: 'a flood of small files',
    tries: 'makes files without content until there is no room for names',
    code: `
count = 0
try:
    for count in range(10 ** 9):
        os.mknod(f'/mnt/data/{count}')
except OSError as error:
    print(errno.errorcode[error.errno])
`,
    holds: ends(['completed', 'timeout', 'session'], ['memory', 'unresponsive', 'exited']),
  },
  {
    name: 'a full disk',
    tries: 'leaves no room, and waits for an upload and for the next call',
    code: `
try:
    with open('/mnt/data/flood', 'wb', buffering=0) as file:
        while True:
            file.write(b'x' * 4096)
except OSError:
    pass
`,
    puts: ['upload.csv'],
    holds: sessionLives,
    otherwise: {
      landlock: {
        promises: 'a watchdog may end the session',
        holds: ends(['completed', 'session'], ['memory', 'exited', 'unresponsive']),
      },
    },
  },
  {
    name: 'a flood on standard output',
    tries: 'prints for ever',
    code: "while True: print('x' * 1000)",
    holds: flooded,
  },
  {
    name: 'a flood on standard error',
    tries: 'writes to descriptor 2 for ever, without a line break',
    code: "while True: os.write(2, b'x' * 65536)",
    holds: flooded,
  },
  {
    name: 'a flood that does not listen',
    tries: 'prints for ever and catches every interrupt',
    code: `
while True:
    try:
        while True: print('x' * 1000)
    except BaseException:
        pass
`,
    holds: flooded,
  },
  {
    name: 'a flood by children',
    tries: 'lets programs print for ever, of which one leaves and goes on after the call',
    code: `
subprocess.Popen(['yes'], start_new_session=True)
subprocess.run(['sh', '-c', 'yes & yes >&2'])
`,
    holds: flooded,
  },
  {
    name: 'a value that is too long',
    tries: 'ends with a value, an exception and a line of 50 MB',
    code: "sys.stdout.write('x' * 50_000_000)\nraise ValueError('y' * 50_000_000)",
    holds: flooded,
  },
  {
    name: 'text that is no text',
    tries: 'prints bad UTF-8, zero bytes, half characters and escape sequences',
    gentle: true,
    code: String.raw`
os.write(1, b'\xff\xfe\x00\xc3(\xed\xa0\x80\xf0\x9f\x98')
os.write(2, b'\x80\x1b[2J\x1b]0;evil\x07\r\x08')
sys.stdout.flush()
print('\ud800\udfff')
`,
    holds: ({ logs, end }) => {
      expect(end).toBe('completed')
      expect(logs.isWellFormed()).toBe(true)
    },
  },
  {
    name: 'very many images',
    tries: 'shows 2,000 images of a megabyte each',
    code: String.raw`
class Image:
    def _repr_png_(self): return b'\x89PNG\r\n\x1a\n' + bytes(1 << 20)
for number in range(2000): display(Image())
`,
    holds: ({ images }) => expect(images).toBeLessThanOrEqual(100),
  },
]
