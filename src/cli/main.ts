#!/usr/bin/env node
// Nothing is imported before the version is known, so that a Node too old for the rest can still say so.
const needed = 24
const version = process.versions.node
if (Number.parseInt(version, 10) < needed) {
  console.error(`Reprise needs Node ${needed} or newer; this is Node ${version} (${process.execPath}).`)
  process.exitCode = 1
} else {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache() // halves the time of every start but the first
  const { runReprise } = await import('./run-reprise.ts')
  process.exitCode = await runReprise(process.argv.slice(2), process.env)
}
