import { expect, test } from 'vitest'
import { asUser, createHostUsers } from './host-user.ts'

const whole = '         0          0 4294967295\n'
const container = '         0     100000      65536\n'

test('each session has a user of its own, out of a range that nobody else uses', () => {
  const users = createHostUsers({ uid: 0, map: whole })
  const uids = Array.from({ length: 100 }, () => users.take()?.uid ?? 0)
  expect(new Set(uids).size).toBe(100)
  expect(Math.min(...uids)).toBeGreaterThanOrEqual(1_879_048_192)
  expect(Math.max(...uids)).toBeLessThan(2 ** 31)
})

test('a user that was given back is not the next one', () => {
  const users = createHostUsers({ uid: 0, map: whole })
  const first = users.take()
  first?.release()
  expect(users.take()?.uid).not.toBe(first?.uid)
})

test('where only the ids of a container exist, users are among these', () => {
  const users = createHostUsers({ uid: 0, map: container })
  const taken = Array.from({ length: 64 }, () => users.take())
  const uids = taken.map((user) => user?.uid ?? 0)
  expect(new Set(uids).size).toBe(64)
  expect(Math.min(...uids)).toBeGreaterThanOrEqual(60_600)
  expect(Math.max(...uids)).toBeLessThan(61_184)
  expect(() => users.take()).toThrow('All 64 users for sandboxes are taken')
  taken[5]?.release()
  expect(users.take()?.uid).toBe(uids[5])
})

test('who is not root stays who they are, and gives up what they might gain', () => {
  const user = createHostUsers({ uid: 1000, map: whole }).take()
  expect(user).toBeUndefined()
  expect(asUser(user, 'setpriv', ['true'])).toEqual([
    ...['setpriv', '--no-new-privs', '--inh-caps=-all', '--pdeathsig', 'KILL', 'true'],
  ])
})

test('root becomes somebody without groups and capabilities', () => {
  const command = asUser({ uid: 7, release() {} }, 'setpriv', ['true'])
  expect(command.join(' ')).toContain('setpriv --reuid 7 --regid 7 --clear-groups --bounding-set=-all --no-new-privs')
})
