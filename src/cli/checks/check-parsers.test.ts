import { expect, test } from 'vitest'
import { checkParsers } from './check-parsers.ts'

test('parsers may be without a wall, and that is said', async () => {
  const found = await checkParsers(async () => ({ start: null, reason: 'bubblewrap is not installed' }))
  expect(found).toMatchObject({ ok: true, message: expect.stringMatching(/outside .*: bubblewrap is not installed$/) })
})

test('the wall is said to be there', async () => {
  const start = () => Promise.reject(new Error('not asked for'))
  expect(await checkParsers(async () => ({ start }))).toMatchObject({ ok: true, message: 'inside bubblewrap' })
})
