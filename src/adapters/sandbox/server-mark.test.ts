import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { isOfDeadServer, serverMark } from './server-mark.ts'

const module = JSON.stringify(new URL('./server-mark.ts', import.meta.url).href)

test('this server lives', () => {
  expect(isOfDeadServer(serverMark())).toBe(false)
})

test('a server that ended does not', () => {
  const code = `import { serverMark } from ${module}; process.stdout.write(serverMark())`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' })
  expect(stdout).toMatch(/^\d+-\d+-\d+$/)
  expect(isOfDeadServer(stdout)).toBe(true)
})

test.skipIf(process.platform !== 'linux')('its pid may be that of another process by now', () => {
  expect(isOfDeadServer(serverMark().replace(/\d+$/, '1'))).toBe(true)
})

test.each([
  ['whose processes cannot be seen from here', `1-${process.pid}-1`],
  ['that is no mark', 'somebody'],
  ['that goes on', `${serverMark()}-1`],
])('nothing is known of one %s', (_, mark) => {
  expect(isOfDeadServer(mark)).toBe(false)
})
