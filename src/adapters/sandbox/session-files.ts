import { SandboxFailure, type SandboxFile, type SandboxLimits } from '../../ports/sandbox.ts'
import { getLine, isPlainPath, listLine, pieceBytes, putLine } from './driver-lines.ts'
import type { DriverLink } from './driver-link.ts'

const patienceSeconds = 30
/** However busy the machine is. */
const leastMegabytesPerSecond = 8
const mostFiles = 1000

/** Puts a file, as `SandboxSession.put` says. */
export async function putFile(
  link: DriverLink,
  { path, alias, data }: { path: string; alias: string | undefined; data: AsyncIterable<Uint8Array> },
  limits: SandboxLimits,
): Promise<void> {
  for (const name of [path, alias ?? path])
    if (!isPlainPath(name)) throw new SandboxFailure(`"${name}" is no file name`)
  const exchange = link.begin((id) => ({ do: 'put', id, path, alias: alias ?? null }), {
    lines: putLine,
    patienceSeconds,
  })
  let keep = false
  try {
    await sendPieces(link, data, { path, limits })
    keep = true
  } finally {
    await link.send({ do: 'close', keep })
    if (!keep) await exchange.finish()
  }
  const line = await exchange.next()
  if (line === undefined) throw overNow()
  if (line.say === 'done') return
  throw line.why === 'full' ? noRoom(path, limits) : new SandboxFailure(`"${path}" cannot be written in the sandbox`)
}

async function sendPieces(
  link: DriverLink,
  data: AsyncIterable<Uint8Array>,
  { path, limits }: { path: string; limits: SandboxLimits },
): Promise<void> {
  let bytes = 0
  for await (const chunk of data) {
    bytes += chunk.byteLength
    if (bytes > diskBytes(limits)) throw noRoom(path, limits)
    for (let start = 0; start < chunk.byteLength; start += pieceBytes) {
      if (link.over) throw overNow()
      const piece = chunk.subarray(start, start + pieceBytes)
      await link.send({ do: 'chunk', data: Buffer.from(piece).toString('base64') })
    }
  }
}

/** Lists files, as `SandboxSession.list` says. */
export async function listFiles(link: DriverLink): Promise<SandboxFile[]> {
  const files = new Map<string, SandboxFile>()
  let lines = 0
  const exchange = link.begin((id) => ({ do: 'list', id }), {
    lines: listLine,
    patienceSeconds,
    arrive() {
      if (++lines > mostFiles + 1) throw new Error('More files than are listed')
    },
  })
  for await (const line of exchange) {
    if (line.say === 'done') return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
    files.set(line.path, { path: line.path, bytes: line.bytes, version: line.version })
  }
  throw overNow()
}

/** Reads a file, as `SandboxSession.get` says. */
export async function* getFile(link: DriverLink, path: string, limits: SandboxLimits): AsyncGenerator<Uint8Array> {
  if (!isPlainPath(path)) throw notThere(path)
  let bytes = 0
  const exchange = link.begin((id) => ({ do: 'get', id, path }), {
    lines: getLine,
    patienceSeconds: patienceSeconds + limits.diskMegabytes / leastMegabytesPerSecond,
    arrive(line) {
      if (line.say !== 'chunk') return
      const more = Buffer.byteLength(line.data, 'base64')
      bytes += more
      if (more === 0 || bytes > diskBytes(limits)) throw new Error('More than the disk holds')
    },
  })
  try {
    for await (const line of exchange) {
      if (line.say === 'chunk') yield Buffer.from(line.data, 'base64')
      else if (line.say === 'done') return
      else throw line.why === 'full' ? tooLarge(path, limits) : notThere(path)
    }
    throw overNow()
  } finally {
    await exchange.finish()
  }
}

function diskBytes(limits: SandboxLimits): number {
  return limits.diskMegabytes * 1024 * 1024
}

function noRoom(path: string, limits: SandboxLimits): SandboxFailure {
  return new SandboxFailure(
    `There is no room for "${path}" in the sandbox: all its files together may have ${limits.diskMegabytes} MB`,
  )
}

function tooLarge(path: string, limits: SandboxLimits): SandboxFailure {
  return new SandboxFailure(`"${path}" says to be larger than the ${limits.diskMegabytes} MB that the sandbox holds`)
}

function notThere(path: string): SandboxFailure {
  return new SandboxFailure(`There is no file "${path}" in the sandbox`)
}

function overNow(): SandboxFailure {
  return new SandboxFailure('The session of the sandbox is over: open another one')
}
