import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { access, chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { KnownOfHost } from './prelude.ts'

const secretStart = 'reprise-bait:'

/** Things on this machine that no attempt may reach or harm, and what shows whether one did. */
export interface Bait extends AsyncDisposable {
  readonly known: KnownOfHost
  /** What may be in no output. */
  readonly secret: string
  /** Throws when something of it was reached or harmed. */
  check(): Promise<void>
}

/** Lays secrets where everybody on this machine may read them, so that nothing but the sandbox is in the way. */
export async function layBait(): Promise<Bait> {
  await using made = new AsyncDisposableStack()
  const secret = `${secretStart}${randomBytes(12).toString('hex')}`
  const folders: string[] = []
  for (const parent of [tmpdir(), '/dev/shm', '/var/tmp'])
    folders.push(made.adopt(await layFolder(parent, secret), remove))
  const [tmp = ''] = folders
  const reached: string[] = []
  const tcp = await listenTcp()
  const udp = await listenUdp(made, secret, reached)
  const socketFile = join(tmp, 'socket')
  const abstractSocket = `reprise-bait-${randomBytes(6).toString('hex')}`
  for (const path of [socketFile, `\0${abstractSocket}`]) await listen(made, { path }, () => tell(path))
  await chmod(socketFile, 0o777)
  const bystander = made.adopt(await startBystander(secret), (child) => void child.kill('SIGKILL'))
  const lifetime = made.move()

  function tell(what: string): string {
    reached.push(what)
    return secret
  }

  async function check(): Promise<void> {
    expect(reached).toEqual([])
    expect({ exitCode: bystander.exitCode, signalCode: bystander.signalCode }).toEqual({
      exitCode: null,
      signalCode: null,
    })
    expect(await stateOf(bystander)).toMatch(/^[SR]$/)
    for (const folder of folders) {
      expect(await readFile(join(folder, 'secret.txt'), 'utf8')).toBe(secret)
      expect((await readdir(folder)).sort()).toEqual(folder === tmp ? ['secret.txt', 'socket'] : ['secret.txt'])
    }
    for (const path of ['/etc/evil', '/usr/evil', '/evil', '/tmp/evil', '/mnt/evil', '/mnt/data/evil']) {
      await expect(access(path), path).rejects.toThrow('ENOENT')
    }
  }
  const known: KnownOfHost = {
    secretFiles: folders.map((folder) => join(folder, 'secret.txt')),
    secretFolders: folders,
    secretStart,
    tcp,
    udp,
    socketFile,
    abstractSocket,
    interfaces: ownInterfaces().map(({ name }) => name),
    serverPid: process.pid,
    bystanderPid: bystander.pid ?? 0,
    bystanderMark,
    folder: process.cwd(),
  }
  return { known, secret, check, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }

  function listenTcp() {
    return Promise.all(
      addresses().map(async ([family, host]) => {
        const server = await listen(made, { host, port: 0 }, () => tell(`tcp ${host}`))
        return [family, host, portOf(server.address())] as const
      }),
    )
  }
}

const remove = (folder: string) => rm(folder, { recursive: true, force: true })

async function layFolder(parent: string, secret: string): Promise<string> {
  const folder = await mkdtemp(join(parent, 'escape-'))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'secret.txt'), secret, { mode: 0o644 })
  return folder
}

async function listen(
  made: AsyncDisposableStack,
  where: { host: string; port: number } | { path: string },
  answer: () => string,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume()
    socket.end(answer())
  })
  await once(server.listen(where), 'listening')
  return made.adopt(server, (it) => new Promise<void>((resolve) => it.close(() => resolve())))
}

function listenUdp(made: AsyncDisposableStack, secret: string, reached: string[]) {
  return Promise.all(
    addresses().map(async ([family, host]) => {
      const socket: Socket = made.adopt(createSocket(family === 10 ? 'udp6' : 'udp4'), (it) => void it.close())
      socket.on('message', (_, from) => {
        reached.push(`udp ${host}`)
        socket.send(secret, from.port, from.address)
      })
      await once(socket.bind(0, host), 'listening')
      return [family, host, socket.address().port] as const
    }),
  )
}

/** Families as the kernel numbers them. */
function addresses(): (readonly [family: number, host: string])[] {
  const own = ownInterfaces().flatMap(({ addresses }) => addresses)
  const six = Object.values(networkInterfaces()).some((some) => some?.some(({ address }) => address === '::1'))
  return [[2, '127.0.0.1'], ...(six ? [[10, '::1'] as const] : []), ...own.map((address) => [2, address] as const)]
}

function ownInterfaces(): { name: string; addresses: string[] }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, some = []]) => {
    const addresses = some
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => address)
    return addresses.length === 0 ? [] : [{ name, addresses }]
  })
}

function portOf(address: ReturnType<Server['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

const bystanderMark = 'an-innocent-bystander'

/** A process of the server's user that minds its own business. */
async function startBystander(secret: string): Promise<ChildProcess> {
  const env = { ...process.env, API_KEY: secret }
  const child = spawn(process.execPath, ['-e', "console.log('here'); setInterval(() => {}, 1e6)", bystanderMark], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  return child
}

async function stateOf({ pid }: ChildProcess): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0]
}
