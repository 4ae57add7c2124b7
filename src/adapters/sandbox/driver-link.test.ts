import { expect, test } from 'vitest'
import { collect, never, noLog, outcomeOf, testLimits } from '../../../test/support/sandbox-sessions.ts'
import { scriptedDriver } from '../../../test/support/scripted-driver.ts'
import { createSandbox } from './create-sandbox.ts'

const limits = { ...testLimits, outputBytes: 1000, diskMegabytes: 1 }

/** A session whose driver answers each command with this text, in which `$` stands for the right id. */
async function openScripted(text: string) {
  const driver = scriptedDriver({ answer: ({ id }, say) => say(text.replaceAll('$', String(id))) })
  const sandbox = createSandbox({ confinement: driver.confinement, limits, log: noLog })
  const session = await sandbox.open({ signal: never })
  return { session, killed: driver.killed }
}

const end = '{"say":"end","id":$,"how":"completed"}\n'
const image = (data: Uint8Array, last = true) =>
  `${JSON.stringify({ say: 'image', id: '$', format: 'png', data: Buffer.from(data).toString('base64'), last }).replace('"$"', '$')}\n`
const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

test('what a driver says is believed when it could be so', async () => {
  const { session } = await openScripted(
    `{"say":"text","id":$,"text":"a\\u0000\\ud800b"}\n${image(png.subarray(0, 3), false)}${image(png.subarray(3))}${end}`,
  )
  expect(await outcomeOf(session.run('1', { signal: never }))).toEqual({
    logs: 'a\uFFFD\uFFFDb',
    images: [{ type: 'image', format: 'png', data: png }],
    order: 'logs image',
    end: 'completed',
  })
})

test.for<[string, string]>([
  ['no JSON', 'hello\n'],
  ['an empty line', `\n${end}`],
  ['another kind of value', '[]\n'],
  ['nothing', 'null\n'],
  ['deep nesting', `${'['.repeat(500_000)}\n`],
  ['an unknown word', '{"say":"exec","id":$}\n'],
  ['a word of another exchange', '{"say":"done","id":$}\n'],
  ['a key too many', '{"say":"end","id":$,"how":"completed","and":1}\n'],
  ['a key of every object', '{"say":"end","id":$,"how":"completed","__proto__":{"say":"end"}}\n'],
  ['a key that is missing', '{"say":"end","id":$}\n'],
  ['no id', '{"say":"end","how":"completed"}\n'],
  ['the id of an earlier call', '{"say":"end","id":0,"how":"completed"}\n'],
  ['an id that is no number', '{"say":"end","id":"$","how":"completed"}\n'],
  ['empty text', '{"say":"text","id":$,"text":""}\n'],
  ['more text than a call may print', `{"say":"text","id":$,"text":"${'x'.repeat(600)}"}\n`.repeat(2)],
  ['that there was too much, twice', '{"say":"full","id":$}\n'.repeat(2)],
  ['a line that is too long', `{"say":"text","id":$,"text":"${'x'.repeat(1_100_000)}"}\n`],
  ['a line without end', 'x'.repeat(1_100_000)],
  ['an image that is none', image(Buffer.from('<svg>'))],
  ['an empty image', image(Buffer.of())],
  ['too many images', image(png).repeat(21)],
  ['an image that is too large', image(Buffer.alloc(256 * 1024), false).repeat(50)],
  ['more after the end', `${end}{"say":"text","id":$,"text":"x"}\n`],
])('a driver that says %s has ended its session', async ([, text]) => {
  const { session, killed } = await openScripted(text)
  await outcomeOf(session.run('1', { signal: never }))
  expect(await session.ended).toBe('protocol')
  expect(killed()).toBe(1)
  expect((await outcomeOf(session.run('1', { signal: never }))).end).toBe('session')
})

const file = (path: string, more = '') =>
  `${JSON.stringify({ say: 'file', id: '$', path, bytes: 1, version: '1' }).replace('"$"', '$').replace('}', `${more}}`)}\n`
const done = '{"say":"done","id":$}\n'

test.for<[string, string]>([
  ['of a path above', file('../x')],
  ['of an absolute path', file('/etc/passwd')],
  ['of a path with a line end', file('a\nb')],
  ['of half a character', file('\uD800')],
  ['of a very long path', file('x'.repeat(5000))],
  ['of too many files', `${file('a').repeat(1001)}${done}`],
  ['with a key too many', file('a', ',"mode":1')],
])('a list %s ends the session', async ([, text]) => {
  const { session } = await openScripted(text)
  await expect(session.list()).rejects.toThrow('over')
  expect(await session.ended).toBe('protocol')
})

test('a list is sorted, and names each file once', async () => {
  const { session } = await openScripted(`${file('b')}${file('a')}${file('b')}${done}`)
  expect((await session.list()).map(({ path }) => path)).toEqual(['a', 'b'])
})

test.for<[string, string]>([
  [
    'more than the disk holds',
    `{"say":"chunk","id":$,"data":"${Buffer.alloc(200_000).toString('base64')}"}\n`.repeat(9),
  ],
  ['nothing, again and again', '{"say":"chunk","id":$,"data":""}\n'],
  ['nothing in disguise', '{"say":"chunk","id":$,"data":"="}\n'],
])('a file of %s ends the session', async ([, text]) => {
  const { session } = await openScripted(text)
  await expect(collect(session.get('a'))).rejects.toThrow('over')
  expect(await session.ended).toBe('protocol')
})

test('a process that was out of memory says so', async () => {
  const { confinement } = scriptedDriver({ answer: (_command, _say, leave) => leave(), outOfMemory: true })
  const session = await createSandbox({ confinement, limits, log: noLog }).open({ signal: never })
  expect((await outcomeOf(session.run('1', { signal: never }))).end).toBe('session')
  expect(await session.ended).toBe('memory')
})

test('a session that is closed during a call ends it', async () => {
  const { confinement } = scriptedDriver({ answer() {} })
  const session = await createSandbox({ confinement, limits, log: noLog }).open({ signal: never })
  const outcome = outcomeOf(session.run('1', { signal: never }))
  await session.close()
  expect((await outcome).end).toBe('session')
  expect(await session.ended).toBe('closed')
})
