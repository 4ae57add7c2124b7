import { expect, test } from 'vitest'
import { parseCommandLine, UsageError } from './command-line.ts'

const nothing = { flags: {}, json: false, yes: false }

test.each([
  ['', { ...nothing, command: 'help' }],
  ['--help', { ...nothing, command: 'help' }],
  ['-h', { ...nothing, command: 'help' }],
  ['serve --help', { ...nothing, command: 'help' }],
  ['help', { ...nothing, command: 'help' }],
  ['--version', { ...nothing, command: 'version' }],
  ['-v', { ...nothing, command: 'version' }],
  ['serve', { ...nothing, command: 'serve' }],
  ['migrate', { ...nothing, command: 'migrate' }],
  ['doctor --json', { ...nothing, command: 'doctor', json: true }],
  ['setup sandbox', { ...nothing, command: 'setup' }],
  ['setup sandbox --yes', { ...nothing, command: 'setup', yes: true }],
  [
    'setup --yes sandbox --sandbox gvisor',
    { flags: { REPRISE_SANDBOX: 'gvisor' }, json: false, yes: true, command: 'setup' },
  ],
  ['setup --help', { ...nothing, command: 'help' }],
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
  ['console', '"console" is no command of Reprise: there are `serve`, `migrate`, `doctor` and `setup sandbox`'],
  ['migrat', '"migrat" is no command of Reprise: did you mean `reprise migrate`?'],
  ['serve now', '"now" is one word too many.'],
  ['--port 80', 'Say what to do: `serve`, `migrate`, `doctor` and `setup sandbox` are commands of Reprise.'],
  ['serve --json', '--json goes with `reprise doctor` only.'],
  ['setup sandbox --json', '--json goes with `reprise doctor` only.'],
  ['serve --yes', '--yes goes with `reprise setup sandbox` only.'],
  ['setup', 'Say what to set up: there is `reprise setup sandbox`.'],
  ['setup python', '"python" is nothing to set up: there is `reprise setup sandbox`.'],
  ['setup sandbox now', '"now" is one word too many.'],
  ['sandbox', '"sandbox" is no command of Reprise: there are `serve`, `migrate`, `doctor` and `setup sandbox`'],
  ['setpu sandbox', '"setpu" is no command of Reprise: did you mean `reprise setup`?'],
])('reprise %s is refused', (line, message) => {
  expect(() => parseCommandLine(line.split(' '))).toThrow(new UsageError(message))
})
