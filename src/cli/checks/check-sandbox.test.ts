import { expect, test } from 'vitest'
import { readConfig } from '../../config.ts'
import { type Attempt, checkSandbox } from './check-sandbox.ts'

const started: Attempt = { started: true, label: 'bubblewrap, Python 3.11 with numpy, pandas, matplotlib' }
const failed: Attempt = { started: false, reason: 'bubblewrap is not installed', advice: 'Install it.' }

function check(choice: string, attempt: Attempt) {
  const { sandbox } = readConfig({ REPRISE_SANDBOX: choice })
  return checkSandbox(sandbox, async (config) => {
    expect(config).toBe(sandbox)
    return attempt
  })
}

test.each(['auto', 'bubblewrap'])('says which sandbox starts, with %s', async (choice) => {
  expect(await check(choice, started)).toEqual({
    check: 'Code interpreter',
    ok: true,
    message: 'bubblewrap, Python 3.11 with numpy, pandas, matplotlib',
    advice: null,
  })
})

test('a server without a sandbox is fine, but told how to get one', async () => {
  expect(await check('auto', failed)).toMatchObject({
    ok: true,
    message: 'off: bubblewrap is not installed',
    advice: 'Install it.',
  })
})

test('a sandbox that is asked for by its name has to start', async () => {
  expect(await check('bubblewrap', failed)).toMatchObject({
    ok: false,
    message: 'bubblewrap is not installed',
    advice: 'Install it.',
  })
})

test('off is a choice', async () => {
  expect(await check('off', failed)).toMatchObject({ ok: true, message: 'off, by REPRISE_SANDBOX', advice: null })
})
