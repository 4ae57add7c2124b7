import type { SandboxSession } from '../../src/ports/sandbox.ts'
import type { BenchSandbox } from './sandboxes.ts'
import { millisOf, type Timed, takeTurns } from './times.ts'

export const fileMegabytes = 10

/** A file of 10 MB into a session and out of it again. */
export async function timeFiles(
  [floor, subject]: readonly [BenchSandbox, BenchSandbox],
  turns: number,
): Promise<{ put: Timed; get: Timed }> {
  const data = Buffer.alloc(fileMegabytes * 1e6, 'All work and no play makes Jack a dull boy. ')
  const sides = [await side(floor), await side(subject)] as const
  await takeTurns(sides, turns, async ({ session, put, get }) => {
    put.push(await millisOf(() => session.put('large.txt', pieces(data))))
    const parts: Uint8Array[] = []
    get.push(await millisOf(() => collect(session, parts)))
    if (!Buffer.concat(parts).equals(data)) throw new Error('the file came back changed')
  })
  await Promise.all(sides.map(({ session }) => session.close()))
  const [one, other] = sides
  return {
    put: { what: `a file of ${fileMegabytes} MB put`, floor: one.put, subject: other.put },
    get: { what: 'the same file read', floor: one.get, subject: other.get },
  }
}

async function side(sandbox: BenchSandbox) {
  return { session: await sandbox.open(), put: [] as number[], get: [] as number[] }
}

async function* pieces(data: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += 65_536) yield data.subarray(start, start + 65_536)
}

async function collect(session: SandboxSession, parts: Uint8Array[]): Promise<void> {
  for await (const part of session.get('large.txt')) parts.push(part)
}
