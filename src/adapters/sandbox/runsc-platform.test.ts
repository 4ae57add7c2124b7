import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { SandboxFailure } from '../../ports/sandbox.ts'
import type { ConfinedProcess } from './confinement.ts'
import { choosePlatform } from './runsc-platform.ts'

/** gVisor of which only some platforms run; the others complain. */
function gvisorWith(...running: string[]) {
  const tried: string[] = []
  async function start(platform: string, args: readonly string[]): Promise<ConfinedProcess> {
    tried.push(platform)
    const said = /print\('(.*)'\)/.exec(args.join(' '))?.[1]
    const [stdout, stderr] = running.includes(platform) ? [`${said}\n`, ''] : ['', `a warning\nno ${platform} here\n`]
    const streams = { stdin: new PassThrough(), stdout: Readable.from([stdout]), stderr: Readable.from([stderr]) }
    return { ...streams, gone: Promise.resolve({ outOfMemory: false }), kill() {} }
  }
  return { start, tried }
}

test('the newer platform is taken where it runs', async () => {
  const { start, tried } = gvisorWith('systrap', 'ptrace')
  expect(await choosePlatform(start)).toBe('systrap')
  expect(tried).toEqual(['systrap'])
})

test('an old release has the older one', async () => {
  expect(await choosePlatform(gvisorWith('ptrace').start)).toBe('ptrace')
})

test('without any, it says what gVisor said', async () => {
  const chosen = choosePlatform(gvisorWith().start)
  await expect(chosen).rejects.toThrow(SandboxFailure)
  await expect(chosen).rejects.toThrow(/with systrap, it said "no systrap here"; with ptrace, it said "no ptrace here"/)
})
