import { expect, test } from 'vitest'
import { parseCommandLine, UsageError } from './command-line.ts'

const nothing = { flags: {}, json: false }

test.each([
  ['', { ...nothing, command: 'help' }],
  ['--help', { ...nothing, command: 'help' }],
  ['-h', { ...nothing, command: 'help' }],
  ['serve --help', { ...nothing, command: 'help' }],
  ['help', { ...nothing, command: 'help' }],
  ['--version', { ...nothing, command: 'version' }],
  ['-v', { ...nothing, command: 'version' }],
  ['serve', { ...nothing, command: 'serve' }],
  ['doctor --json', { ...nothing, command: 'doctor', json: true }],
  ['serve --port 8080', { ...nothing, command: 'serve', flags: { REPRISE_PORT: '8080' } }],
  ['--port=8080 serve', { ...nothing, command: 'serve', flags: { REPRISE_PORT: '8080' } }],
  ['serve --upstream-timeout 5', { ...nothing, command: 'serve', flags: { REPRISE_UPSTREAM_TIMEOUT: '5' } }],
  ['serve --download-any-file', { ...nothing, command: 'serve', flags: { REPRISE_DOWNLOAD_ANY_FILE: 'true' } }],
  ['serve --no-download-any-file', { ...nothing, command: 'serve', flags: { REPRISE_DOWNLOAD_ANY_FILE: 'false' } }],
  ['serve --download-any-file=off', { ...nothing, command: 'serve', flags: { REPRISE_DOWNLOAD_ANY_FILE: 'off' } }],
  ['serve --data-dir=--odd', { ...nothing, command: 'serve', flags: { REPRISE_DATA_DIR: '--odd' } }],
  ['doctor --data-dir=', { ...nothing, command: 'doctor', flags: { REPRISE_DATA_DIR: '' } }],
])('reprise %s', (line, expected) => {
  expect(parseCommandLine(line.split(' ').filter(Boolean))).toEqual(expected)
})

test.each([
  ['serve --prot 80', '--prot is no option of Reprise: did you mean --port?'],
  ['serve --flux', '--flux is no option of Reprise: `reprise --help` lists them all'],
  ['serve -x', '-x is no option of Reprise: `reprise --help` lists them all'],
  ['--help=yes', '--help is no option of Reprise: `reprise --help` lists them all'],
  ['serve --port', '--port takes a value: write --port PORT.'],
  ['serve --data-dir --port 80', '--data-dir takes a value: write --data-dir FOLDER.'],
  ['serve --no-port', '--port takes a value: write --port PORT.'],
  ['sevre', '"sevre" is no command of Reprise: did you mean `reprise serve`?'],
  ['migrate', '"migrate" is no command of Reprise: there are `serve` and `doctor`'],
  ['serve now', '"now" is one word too many.'],
  ['--port 80', 'Say what to do: `reprise serve` or `reprise doctor`.'],
  ['serve --json', '--json goes with `reprise doctor` only.'],
])('reprise %s is refused', (line, message) => {
  expect(() => parseCommandLine(line.split(' '))).toThrow(new UsageError(message))
})
