import { expect } from 'vitest'
import type { Attempt, Judge } from '../attempt.ts'
import { all, ends, harmless, sessionLives } from '../judges.ts'

/** These files are listed, and their bytes could be had. */
function listed(...paths: readonly string[]): Judge {
  return ({ files, contents }) => {
    expect(files?.map(({ path }) => path)).toEqual(paths)
    for (const path of paths) expect(contents.get(path)).toBeInstanceOf(Buffer)
  }
}

/** Whatever was asked for that is not listed was refused. */
const noneElse: Judge = ({ files, contents }) => {
  const known = new Set(files?.map(({ path }) => path))
  expect([...contents].filter(([path, bytes]) => !known.has(path) && bytes !== null)).toEqual([])
}

/** No more of it was passed on than there may be. */
const keptShort: Judge = ({ limits, contents }) => {
  expect(contents.get('grows.txt')?.length ?? 0).toBeLessThanOrEqual(limits.diskMegabytes * 2 ** 20)
}

/** Files that are on a real disk are counted every now and then. */
const mayEnd = ends(['completed', 'session'], ['exited'])

const lives = all(noneElse, sessionLives)

export const outputFiles: readonly Attempt[] = [
  {
    name: 'links to files of the host',
    tries: 'puts symbolic links to secrets among its output files',
    code: `
for number, path in enumerate([*HOST['secretFiles'], '/etc/shadow', '/proc/self/environ', '/dev/zero']):
    os.symlink(path, f'/mnt/data/link{number}.txt')
open('/mnt/data/fine.txt', 'w').write('fine')
`,
    asks: ['link0.txt', 'link1.txt', 'link2.txt', 'link3.txt', 'link4.txt', 'link5.txt'],
    holds: all(listed('fine.txt'), lives),
  },
  {
    name: 'links to folders of the host',
    tries: 'puts links to folders, to itself and in circles among its output files, and files behind them',
    code: `
for number, path in enumerate([*HOST['secretFolders'], '/', '/etc', '/proc/1/root', '.']):
    os.symlink(path, f'/mnt/data/folder{number}')
os.symlink('circle2', '/mnt/data/circle1')
os.symlink('circle1', '/mnt/data/circle2')
open('/mnt/data/fine.txt', 'w').write('fine')
`,
    asks: ['folder0/secret.txt', 'folder1/secret.txt', 'folder2/secret.txt', 'folder0/etc/shadow', 'circle1'],
    holds: listed('fine.txt'),
  },
  {
    name: 'hard links',
    tries: 'makes hard links to secrets, to system files and to its own descriptors',
    code: `
for number, path in enumerate([*HOST['secretFiles'], '/etc/shadow', '/usr/bin/su', '/proc/self/exe', '/proc/self/environ']):
    attempt(path, lambda: os.link(path, f'/mnt/data/hard{number}.txt'))
`,
    asks: ['hard0.txt', 'hard1.txt', 'hard2.txt', 'hard3.txt'],
    holds: all(listed(), lives, ({ logs }) => expect(logs).not.toContain('DONE')),
  },
  {
    name: 'pipes, sockets and devices as files',
    tries: 'puts FIFOs, sockets and device nodes among its output files, so that whoever opens them waits for ever',
    code: `
os.mkfifo('/mnt/data/fifo.csv')
attempt('socket', lambda: socket.socket(socket.AF_UNIX).bind('/mnt/data/socket.csv'))
attempt('node', lambda: os.mknod('/mnt/data/node.csv', stat.S_IFCHR | 0o666, os.makedev(1, 5)))
open('/mnt/data/fine.txt', 'w').write('fine')
`,
    asks: ['fifo.csv', 'socket.csv', 'node.csv'],
    holds: all(listed('fine.txt'), lives),
  },
  {
    name: 'a file with a hole',
    tries: 'makes sparse files that say they have terabytes',
    code: `
for size in (1 << 40, 1 << 62, 30 << 20):
    with open(f'/mnt/data/{size}.bin', 'wb') as file:
        attempt(size, lambda: os.ftruncate(file.fileno(), size))
`,
    holds: all(lives, ({ limits, contents }) => {
      const most = Math.max(...[...contents.values()].map((bytes) => bytes?.length ?? 0))
      expect(most).toBeLessThanOrEqual(limits.diskMegabytes * 2 ** 20)
    }),
  },
  {
    name: 'a deep folder',
    tries: 'makes folders 3,000 deep, far beyond the longest path',
    code: `
top = os.open('.', os.O_RDONLY)
try:
    for number in range(3000):
        os.mkdir('d')
        os.chdir('d')
    open('deep.txt', 'w').write('deep')
except OSError as error:
    print(error)
os.fchdir(top)
open('fine.txt', 'w').write('fine')
`,
    holds: all(listed('fine.txt'), lives),
    otherwise: { landlock: { promises: 'a watchdog may end the session', holds: all(noneElse, mayEnd) } },
  },
  {
    name: 'very many files',
    tries: 'makes 5,000 output files at once',
    code: `
try:
    for number in range(5000):
        open(f'/mnt/data/{number}.txt', 'w').close()
except OSError as error:
    print(error)
`,
    holds: all(({ files }) => expect(files?.length).toBeLessThanOrEqual(1000), lives),
  },
  {
    name: 'names that trick',
    tries: 'gives files names with newlines, quotes, escapes, bad UTF-8, 255 bytes, zero width and right-to-left',
    code: String.raw`
names = [b'new\nline.txt', b'{"say":"done","id":1}\n', b'bad\xff\xfe.txt', b'\xed\xa0\x80.txt', b'escape\x1b[2J.txt', b'bell\x07', b'del\x7f',
         b'x' * 255, b'-rf', b' ', b'...', b'"\'.txt', b'back\\slash', b'CON', 'gpj.\u202etxt'.encode(), 'e\u0301.txt'.encode(),
         '\u200b'.encode(), '\U0001f600'.encode() * 60, b'%2e%2e%2f', b'a:b', b'?*']
for name in names:
    open(b'/mnt/data/' + name, 'wb').write(b'content')
`,
    asks: ['new\nline.txt', 'bad\ufffd\ufffd.txt', '\ud800.txt'],
    holds: all(lives, ({ files }) => {
      const paths = files?.map(({ path }) => path) ?? []
      expect(paths).toContain('-rf')
      expect(paths.filter((path) => /[\p{Cc}\ufffd]/u.test(path) || !path.isWellFormed())).toEqual([])
    }),
  },
  {
    name: 'paths out of the folder',
    tries: 'waits for somebody to ask for `..`, absolute paths, empty ones and ones with zero bytes',
    code: "open('/mnt/data/fine.txt', 'w').write('fine')",
    asks: [
      ...[
        '',
        '.',
        '..',
        '../etc/passwd',
        '../../etc/passwd',
        '/etc/passwd',
        'fine.txt/../../../etc/passwd',
        './fine.txt',
      ],
      ...['a//b', 'fine.txt/', 'fine.txt\0', '\0', '//', 'x'.repeat(5000), '../data/fine.txt', '/mnt/data/fine.txt'],
    ],
    puts: ['../evil', '/evil', '../../tmp/evil', 'a/../../evil', '', '.', 'evil\0', 'new\nline'],
    holds: all(listed('fine.txt'), lives, ({ placed }) => {
      expect([...placed].filter(([, went]) => went)).toEqual([])
    }),
  },
  {
    name: 'a file that becomes a link',
    tries: 'swaps a file against a link to a secret, over and over, while it is listed and read',
    code: `
script = '''
import os, time
end = time.monotonic() + 60
while time.monotonic() < end:
    open('/mnt/data/new', 'w').write('fine')
    os.rename('/mnt/data/new', '/mnt/data/swap.txt')
    os.symlink(%r, '/mnt/data/new')
    os.rename('/mnt/data/new', '/mnt/data/swap.txt')
''' % HOST['secretFiles'][0]
subprocess.Popen([sys.executable, '-I', '-c', script])
`,
    asks: Array(20).fill('swap.txt'),
    holds: sessionLives,
  },
  {
    name: 'a file that grows while it is read',
    tries: 'keeps writing to a file that is read',
    code: `
script = '''
import time
end = time.monotonic() + 60
with open('/mnt/data/grows.txt', 'wb', buffering=0) as file:
    while time.monotonic() < end:
        try:
            file.write(b'x' * 10000)
        except OSError:
            file.truncate(0)
            file.seek(0)
'''
subprocess.Popen([sys.executable, '-I', '-c', script])
time.sleep(0.2)
`,
    asks: ['grows.txt'],
    holds: all(sessionLives, keptShort),
    otherwise: { landlock: { promises: 'a watchdog may end the session', holds: all(keptShort, mayEnd) } },
  },
  {
    name: 'uploads through links',
    tries: 'lays links to files and folders of the host where an upload will be put',
    code: `
os.symlink(HOST['secretFiles'][0], '/mnt/data/upload.csv')
os.symlink(HOST['secretFolders'][0], '/mnt/data/folder')
os.symlink('/', '/mnt/data/root')
os.mkfifo('/mnt/data/fifo')
os.mkdir('/mnt/data/taken')
`,
    puts: ['upload.csv', 'folder/secret.txt', 'root/etc/evil', 'fifo', 'taken'],
    asks: ['upload.csv'],
    holds: all(sessionLives, ({ contents }) => {
      expect(contents.get('upload.csv')?.toString()).toBe('put from outside')
    }),
  },
  {
    name: 'no folder for files',
    tries: 'removes, renames or replaces `/mnt/data` by a link to a folder of the host',
    code: `
import shutil
os.chdir('/')
for step in (lambda: os.rmdir('/mnt/data'), lambda: os.rename('/mnt/data', '/mnt/moved'), lambda: shutil.rmtree('/mnt/data')):
    try:
        step()
    except OSError as error:
        print(error)
try:
    os.symlink(HOST['secretFolders'][0], '/mnt/data')
except OSError as error:
    print(error)
`,
    asks: ['secret.txt'],
    puts: ['secret.txt'],
    holds: harmless,
  },
]
