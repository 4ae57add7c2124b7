import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from './run-command.ts'

test('the demo plays its scene and shows the steps of the runs', async () => {
  const printed = await runCommand(process.execPath, [join(import.meta.dirname, 'demo.ts')], { NO_COLOR: '1' })
  expect(printed).toContain('get_weather(Bergen) = rain, 11 degrees\n')
  expect(printed).toContain('Ada  Here is what I found out')
  expect(printed.match(/^ {2}message_creation +completed +\d+ ms +\d+ \(\d+ \+ \d+\) +msg_\w{24}$/gm)).toHaveLength(2)
  expect(printed).toMatch(/^ {2}tool_calls +completed +\d+ ms +\d+ \(\d+ \+ \d+\) +get_weather, get_weather$/m)
})
