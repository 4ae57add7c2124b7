import { type Finding, well, wrong } from './finding.ts'

const needed = 24

export function checkNode(version: string = process.versions.node): Finding {
  if (Number.parseInt(version, 10) >= needed) return well('Node', version)
  return wrong('Node', version, `Install Node ${needed} or newer.`)
}
