import { lstat, mkdtemp, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { writeBundle } from './oci-bundle.ts'

const limits = { memoryMegabytes: 512, processes: 64, cores: 1, diskMegabytes: 256, seconds: 60, outputBytes: 1e6 }
const home = { executable: '/usr/bin/python3', mounts: [import.meta.dirname] }

const folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
afterAll(() => rm(folder, { recursive: true }))
await writeBundle(folder, { home, args: ['-c', 'print(1)'], limits })
const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))

interface Mount {
  readonly destination: string
  readonly type: string
  readonly options: readonly string[]
}
const mounts: Mount[] = config.mounts

describe.skipIf(process.platform !== 'linux')('a bundle', () => {
  test('runs the interpreter as nobody in particular, without a terminal', () => {
    expect(config.process).toMatchObject({ user: { uid: 1000, gid: 1000 }, terminal: false, noNewPrivileges: true })
    expect(Object.values(config.process.capabilities).flat()).toEqual([])
    expect(config.process.args.slice(-3)).toEqual(['/usr/bin/python3', '-c', 'print(1)'])
    expect(config.root).toEqual({ path: 'rootfs', readonly: true })
  })

  test('shows of the machine only what cannot be written to', () => {
    const binds = mounts.filter(({ type }) => type === 'bind')
    expect(binds.map(({ destination }) => destination)).toEqual(expect.arrayContaining(['/usr', import.meta.dirname]))
    for (const { options } of binds) expect(options).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev']))
  })

  test('has folders in memory that are together as large as the disk may be', () => {
    const writable = mounts.filter(({ type, options }) => type === 'tmpfs' && !options.includes('ro'))
    expect(writable.map(({ destination }) => destination)).toEqual(['/mnt', '/tmp', '/dev/shm'])
    const sizes = writable.map(({ options }) => Number(/size=(\d+)/.exec(options.join())?.[1]))
    expect(sizes.reduce((total, size) => total + size)).toBe(256 * 1024 ** 2)
  })

  test('has a place for every mount, and links as on this machine', async () => {
    const root = join(folder, 'rootfs')
    for (const { destination } of mounts) await expect(lstat(join(root, destination))).resolves.toBeDefined()
    expect(await readlink(join(root, 'home/sandbox'))).toBe('/mnt/home')
    expect(await readFile(join(root, 'etc/passwd'), 'utf8')).toBe('sandbox:x:1000:1000::/home/sandbox:/bin/sh\n')
  })
})
