import type { InterpreterPart } from '../interpreter/interpreters.ts'
import type { SandboxLimits, SessionEnd } from '../ports/sandbox.ts'

/** How many characters of what was printed the model reads, of the beginning and of the end. */
const readFromStart = 12_000
const readFromEnd = 8000

type CodeEnded = Extract<InterpreterPart, { type: 'end' }>

interface Seen {
  readonly logs: string
  /** How many were shown. */
  readonly images: number
  readonly limits: SandboxLimits
}

/**
 * What is to be said of a call that is over: `read` by the model, with everything that was printed as far as there is
 * room, and `shown` to people after the logs, when the call did not come to its own end.
 */
export function reportOf(end: CodeEnded, { logs, images, limits }: Seen): { shown: string; read: string } {
  const cut = whyCut(end, limits)
  const shown = cut === '' ? '' : `${logs === '' || logs.endsWith('\n') ? '' : '\n'}${cut}\n`
  const parts = [
    end.fresh === 'rebuilt'
      ? 'Note: Python was started anew before this call. Variables and imports of earlier calls are gone; the files in /mnt/data are there.'
      : '',
    withinRoom(logs),
    cut,
    ...end.notices,
    images === 0 ? '' : `${images === 1 ? 'One image was' : `${images} images were`} shown to the user.`,
    writtenFiles(end),
  ].filter((part) => part !== '')
  return { shown, read: parts.length === 0 ? 'The code ran and printed nothing.' : parts.join('\n') }
}

function whyCut({ reason, ended }: CodeEnded, limits: SandboxLimits): string {
  switch (reason) {
    case 'completed':
    case 'raised':
      return ''
    case 'timeout':
      return `[Interrupted: the code ran for longer than ${limits.seconds} seconds. Variables are still there.]`
    case 'output':
      return `[Interrupted: the code printed more than ${limits.outputBytes} bytes. Variables are still there.]`
    case 'session':
      return `[Python was ended: ${whyEnded(ended, limits)} Its variables are gone; the next call starts it anew.]`
  }
}

function whyEnded(ended: SessionEnd | null, { memoryMegabytes }: SandboxLimits): string {
  switch (ended) {
    case 'memory':
      return `it used more than ${memoryMegabytes} MB of memory.`
    case 'exited':
      return 'the code ended the process.'
    case 'unresponsive':
      return 'the code did not stop when it was interrupted.'
    case 'protocol':
      return 'the code disturbed what runs it.'
    case 'closed':
    case null:
      return 'its session was closed.'
  }
}

function withinRoom(logs: string): string {
  const left = logs.length - readFromStart - readFromEnd
  if (left <= 0) return logs.trimEnd()
  return `${logs.slice(0, readFromStart)}\n[… ${left} characters left out …]\n${logs.slice(-readFromEnd).trimEnd()}`
}

function writtenFiles({ written }: CodeEnded): string {
  if (written.length === 0) return ''
  return `Files written: ${written.map(({ path }) => `sandbox:/mnt/data/${path}`).join(', ')}`
}
