import { z } from 'zod'
import { openSandbox } from '../../src/adapters/sandbox/open-sandbox.ts'
import { quietLog } from '../../src/cli/checks/quiet-log.ts'
import { busyCode } from './busy-code.ts'
import { limits } from './limits.ts'

// A process with a sandbox of the kind that it is told and a session that is busy. It says so, and waits to be killed.
const choice = z.enum(['bubblewrap', 'gvisor', 'docker', 'landlock']).parse(process.argv[2])
const { signal } = new AbortController()
const image = process.env.REPRISE_SANDBOX_IMAGE ?? 'python:3-slim'
const opened = await openSandbox({
  choice,
  python: undefined,
  image,
  limits: { ...limits, seconds: 600 },
  log: quietLog,
  signal,
})
if (opened.sandbox === null) throw new Error(opened.reason)
const { sandbox } = opened
process.once('SIGTERM', () => void sandbox.close())
const session = await sandbox.open({ signal })
for await (const part of session.run(busyCode, { signal })) if (part.type === 'logs') process.stdout.write(part.text)
