import type { CodeEnd, CodePart, SandboxLimits } from '../../ports/sandbox.ts'
import { createCallAllowance } from './call-allowance.ts'
import { type CodeLine, codeLine } from './driver-lines.ts'
import type { DriverLink, Exchange } from './driver-link.ts'
import { createInterruption } from './interruption.ts'

/** One call, as `SandboxSession.run` says; how it ended is what this returns. */
export async function* runCode(
  link: DriverLink,
  code: string,
  { limits, signal }: { limits: SandboxLimits; signal: AbortSignal },
): AsyncGenerator<CodePart, CodeEnd> {
  signal.throwIfAborted()
  const interruption = createInterruption({
    interrupt: () => void link.send({ do: 'interrupt' }),
    kill: () => link.end('unresponsive'),
  })
  const allow = createCallAllowance(limits.outputBytes)

  function arrive(line: CodeLine): void {
    allow(line)
    if (line.say === 'full') stop('output')
    if (line.say === 'end') interruption.over()
  }

  function stop(why: 'timeout' | 'output'): void {
    interruption.because(why)
    call.hurry() // that it ended must be seen in time, however slowly its parts are taken
  }

  function abort(): void {
    interruption.because('aborted')
    call.discard()
  }

  const call: Exchange<CodeLine> = link.begin((id) => ({ do: 'code', id, code }), {
    lines: codeLine,
    arrive,
    join: joinText,
  })
  const timer = setTimeout(stop, limits.seconds * 1000, 'timeout')
  signal.addEventListener('abort', abort)
  try {
    const how = yield* partsOf(call, link)
    signal.throwIfAborted()
    if (how === undefined) await link.ended
    const reason = interruption.reason()
    return how === undefined ? 'session' : isLimit(reason) ? reason : how
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    interruption.because('left') // does nothing when it has ended
    await call.finish()
    interruption.over()
  }
}

/** What was printed in many small pieces is one, when nobody was faster. */
function joinText(first: CodeLine, second: CodeLine): CodeLine | undefined {
  const both = first.say === 'text' && second.say === 'text'
  return both ? { ...first, text: first.text + second.text } : undefined
}

function isLimit(reason: string | undefined): reason is 'timeout' | 'output' {
  return reason === 'timeout' || reason === 'output'
}

/** What the call shows; then how it ended, or undefined when no more of it came. */
async function* partsOf(call: Exchange<CodeLine>, link: DriverLink): AsyncGenerator<CodePart, Ending> {
  let pieces: Buffer[] = []
  for await (const line of call) {
    if (line.say === 'end') return line.how
    if (line.say === 'text') yield { type: 'logs', text: harmless(line.text) }
    if (line.say === 'image') {
      pieces.push(Buffer.from(line.data, 'base64'))
      if (!line.last) continue
      const data = Buffer.concat(pieces)
      pieces = []
      if (isPicture(data, line.format)) yield { type: 'image', format: line.format, data }
      else link.end('protocol')
    }
  }
  return undefined
}

type Ending = 'completed' | 'raised' | undefined

/** Half characters cannot be written as UTF-8, and NUL not be stored by every database. */
function harmless(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

const signatures = { png: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), jpeg: Buffer.from([0xff, 0xd8, 0xff]) }

function isPicture(data: Buffer, format: 'png' | 'jpeg'): boolean {
  const signature = signatures[format]
  return data.subarray(0, signature.length).equals(signature)
}
