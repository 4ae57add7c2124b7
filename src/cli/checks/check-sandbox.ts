import { openSandbox } from '../../adapters/sandbox/open-sandbox.ts'
import type { SandboxConfig } from '../../config.ts'
import { type Finding, reasonOf, well, wrong } from './finding.ts'
import { quietLog } from './quiet-log.ts'

const name = 'Code interpreter'
const patience = 120_000 // gVisor takes its time, and a container's image may have to be unpacked first

/** What came of starting a sandbox: `label` says which it is and what its Python has. */
export type Attempt = { started: true; label: string } | { started: false; reason: string; advice: string }

/** Starts a sandbox as the configuration says, and ends it again. */
export async function trySandbox({ choice, python, image, limits }: SandboxConfig): Promise<Attempt> {
  const signal = AbortSignal.timeout(patience)
  try {
    const opened = await openSandbox({ choice, python, image, limits, log: quietLog, signal })
    if (opened.sandbox === null) return { started: false, reason: opened.reason, advice: opened.advice }
    await opened.sandbox.close()
    return { started: true, label: opened.label }
  } catch (error) {
    return { started: false, reason: reasonOf(error), advice: 'See docs/sandbox.md.' }
  }
}

/** Whether code can be run. That it cannot is wrong where a sandbox is asked for by its name, else only worth knowing. */
export async function checkSandbox(config: SandboxConfig, attempt = trySandbox): Promise<Finding> {
  if (config.choice === 'off') return well(name, 'off, by REPRISE_SANDBOX')
  const outcome = await attempt(config)
  if (outcome.started) return well(name, outcome.label)
  if (config.choice === 'auto') return well(name, `off: ${outcome.reason}`, outcome.advice)
  return wrong(name, outcome.reason, outcome.advice)
}
