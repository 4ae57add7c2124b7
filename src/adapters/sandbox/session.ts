import type { CodeEnd, CodePart, SandboxLimits, SandboxSession } from '../../ports/sandbox.ts'
import type { DriverLink } from './driver-link.ts'
import { runCode } from './run-code.ts'
import { getFile, listFiles, putFile } from './session-files.ts'
import { createTurns } from './turns.ts'

/** A session whose driver is ready. What is asked of it at once is done in turn. */
export function createSession(link: DriverLink, limits: SandboxLimits): SandboxSession {
  const turns = createTurns()
  void link.ended.then(turns.open)

  async function* run(code: string, { signal }: { signal: AbortSignal }): AsyncGenerator<CodePart> {
    const reason = yield* runInTurn(code, signal)
    yield { type: 'end', reason } // when the turn is given up: nobody has to come back after the last part
  }

  async function* runInTurn(code: string, signal: AbortSignal): AsyncGenerator<CodePart, CodeEnd> {
    using _ = await turns.take(signal)
    return yield* runCode(link, code, { limits, signal })
  }

  async function put(path: string, data: AsyncIterable<Uint8Array>, { alias }: { alias?: string } = {}): Promise<void> {
    using _ = await turns.take()
    await putFile(link, { path, alias, data }, limits)
  }

  async function list() {
    using _ = await turns.take()
    return await listFiles(link)
  }

  async function* get(path: string): AsyncGenerator<Uint8Array> {
    using _ = await turns.take()
    yield* getFile(link, path, limits)
  }

  async function close(): Promise<void> {
    link.end('closed')
    await link.ended
  }
  return { run, put, list, get, close, ended: link.ended }
}
