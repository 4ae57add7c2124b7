import { afterEach, expect, test, vi } from 'vitest'
import { orMissing } from './missing-part.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('a part that is there is handed on', async () => {
  expect(await orMissing('a ruby', Promise.resolve({ ruby: '/usr/bin/ruby' }))).toEqual({ ruby: '/usr/bin/ruby' })
})

test('a missing part is named, so that its tests can be skipped with a line that says so', async () => {
  vi.stubEnv('CI', '')
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const missing = 'a ruby: no apt-get'
  expect(await orMissing('a ruby', Promise.reject(new Error('no apt-get')))).toEqual({ missing })
  expect(write).toHaveBeenCalledExactlyOnceWith(`Tests that need it are skipped, for want of ${missing}\n`)
})

test('with CI=true nothing may be missing', async () => {
  vi.stubEnv('CI', 'true')
  await expect(orMissing('a ruby', Promise.reject(new Error('no apt-get')))).rejects.toThrow('no apt-get')
})
