import { PassThrough } from 'node:stream'
import type { ConfinedProcess, Confinement } from '../../src/adapters/sandbox/confinement.ts'

/**
 * A process that says what it is told to, in place of a driver: `answer` is called with each command, and `say` writes
 * text as it is.
 */
export function scriptedDriver({
  answer,
  ready = '{"say":"ready","id":0,"python":"3.11.2"}\n',
  outOfMemory = false,
}: {
  answer: (command: { do: string; id: number }, say: (text: string) => void, leave: () => void) => void
  ready?: string
  outOfMemory?: boolean
}) {
  let killed = 0

  async function start(): Promise<ConfinedProcess> {
    const stdin = new PassThrough()
    const stdout = new PassThrough()
    const { promise: gone, resolve } = Promise.withResolvers<{ outOfMemory: boolean }>()
    const say = (text: string) => stdout.write(text)

    function leave(): void {
      stdout.end()
      resolve({ outOfMemory })
    }

    function kill(): void {
      killed += 1
      leave()
    }
    let rest = ''
    stdin.on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) answer(JSON.parse(line), say, leave)
    })
    say(ready)
    return { stdin, stdout, stderr: new PassThrough().end(), gone, kill }
  }
  const confinement: Confinement = { kind: 'landlock', start, tidy: async () => {} }
  return { confinement, killed: () => killed }
}
