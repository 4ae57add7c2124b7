#!/usr/bin/env node
// JavaScript, and nothing imported before the version is known, so that a Node too old for the rest can still say so.
// It also keeps Node's type stripper out of memory once everything behind it is in the compile cache.
const needed = 24
const version = process.versions.node
if (Number.parseInt(version, 10) < needed) {
  console.error(`Reprise needs Node ${needed} or newer; this is Node ${version} (${process.execPath}).`)
  process.exitCode = 1
} else {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache() // starts in half the time, and without the type stripper in memory
  const { runReprise } = await import('./run-reprise.ts')
  process.exitCode = await runReprise(process.argv.slice(2), process.env)
}
