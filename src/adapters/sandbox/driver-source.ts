import { readFileSync } from 'node:fs'
import type { SandboxLimits } from '../../ports/sandbox.ts'

/**
 * What follows the path of the interpreter (CPython 3.9 or newer): isolated from its environment, UTF-8 throughout,
 * the driver as text, so that no file of ours need be seen from inside, and its settings.
 */
export function driverArguments({ limits, data }: { limits: SandboxLimits; data: string }): string[] {
  source ??= readFileSync(new URL('./driver.py', import.meta.url), 'utf8')
  const { outputBytes, diskMegabytes } = limits
  return ['-I', '-X', 'utf8', '-c', source, JSON.stringify({ data, outputBytes, diskMegabytes })]
}

let source: string | undefined
