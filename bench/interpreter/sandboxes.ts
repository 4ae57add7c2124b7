import { createSandbox } from '../../src/adapters/sandbox/create-sandbox.ts'
import { openSandbox } from '../../src/adapters/sandbox/open-sandbox.ts'
import type { Log } from '../../src/lib/log.ts'
import type { Sandbox, SandboxKind, SandboxSession } from '../../src/ports/sandbox.ts'
import { unconfinedPython } from '../../test/support/unconfined-python.ts'
import type { Outcome } from '../scenario.ts'

/** A sandbox of the benchmark's own process, with the limits that the server has when nobody sets any. */
export interface BenchSandbox extends AsyncDisposable {
  /** A session; with `prepare`, one that has imported numpy, pandas and matplotlib. */
  open(options?: { prepare?: boolean; signal?: AbortSignal }): Promise<SandboxSession>
}

export const limits = {
  memoryMegabytes: 512,
  processes: 64,
  cores: 1,
  diskMegabytes: 256,
  seconds: 60,
  outputBytes: 1_000_000,
}
export const never = new AbortController().signal
export const log: Log = {
  debug() {},
  info() {},
  warn: (fields, message) => console.warn(message, fields),
  error: (fields, message) => console.error(message, fields),
}

/** What cannot be started is `missing`, with the reason. */
export async function openConfined(choice: SandboxKind): Promise<BenchSandbox | { missing: string }> {
  const options = { choice, python: undefined, image: '', limits, log, signal: never }
  const opened = await openSandbox(options)
  return opened.sandbox === null ? { missing: opened.reason } : benchSandbox(opened.sandbox)
}

/** The floor: the same driver in plain Python, with nothing around it. */
export function openUnconfined(): BenchSandbox {
  return benchSandbox(createSandbox({ confinement: unconfinedPython({ limits }), limits, log }))
}

/** Said in the place of figures: a machine without a sandbox is no fault. */
export function notMeasured(reason: string): Outcome {
  return {
    findings: [],
    tables: [{ title: `NOT MEASURED, no sandbox starts here: ${reason}`, columns: [], rows: [] }],
    problems: [],
  }
}

/** Runs code to its end; throws unless it prints what it has to. */
export async function runCode(session: SandboxSession, code: string, printed: string): Promise<void> {
  let logs = ''
  let end = ''
  for await (const part of session.run(code, { signal: never })) {
    if (part.type === 'logs') logs += part.text
    if (part.type === 'end') end = part.reason
  }
  if (end !== 'completed' || !logs.includes(printed)) throw new Error(`code ended with ${end}, and printed: ${logs}`)
}

export const onePlusOne = ['1+1', '2\n'] as const

/** Imports what most code imports, and uses it a little. */
export const frames = [
  'import numpy as np, pandas as pd\nint(pd.DataFrame({"a": np.arange(1000) % 7, "b": 1}).groupby("a")["b"].sum().max())',
  '143\n',
] as const

/** The same, and draws. */
export const framesAndFigure = [
  `${frames[0]}\nimport matplotlib.pyplot as plt\nplt.plot(np.arange(1000) ** 2); plt.title("Squares"); plt.show()\nprint(len(plt.get_fignums()))`,
  '0\n',
] as const

function benchSandbox(sandbox: Sandbox): BenchSandbox {
  return {
    open: ({ prepare = false, signal = never } = {}) => sandbox.open({ signal, prepare }),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}
