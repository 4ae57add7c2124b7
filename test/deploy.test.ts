import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { missing } from '../scripts/missing-part.ts'
import { parseCommandLine } from '../src/cli/command-line.ts'
import { readConfig } from '../src/config.ts'
import { allOptions } from '../src/options.ts'

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const files = globSync('deploy/**/*', { cwd: root, withFileTypes: true, exclude: (entry) => entry.name === '.env' })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
const yamlFiles = files.filter((path) => path.endsWith('.yaml'))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-deploy-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The documents of a YAML file, with what `<<` merges. */
function documentsOf(path: string): unknown[] {
  return parseAllDocuments(read(path), { merge: true, strict: true }).map((document) => {
    expect([...document.errors, ...document.warnings], path).toEqual([])
    return document.toJS()
  })
}

test.each(yamlFiles)('%s is YAML', (path) => {
  expect(documentsOf(path)).not.toEqual([])
})

test.each([...files, 'docs/deploy.md'])('%s names only options that exist', (path) => {
  const known = new Set<string>(allOptions.map(({ env }) => env))
  const named = new Set(read(path).match(/REPRISE_[A-Z_]+/g))
  expect([...named].filter((name) => !known.has(name))).toEqual([])
})

test('docs/deploy.md links to files that are there', () => {
  const links = [...read('docs/deploy.md').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link)
  expect(links.filter((link) => !existsSync(join(root, 'docs', link)))).toEqual([])
  const headings = [...read('docs/deploy.md').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  const anchors = [...read('docs/deploy.md').matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)
  expect(anchors.filter((anchor) => !headings.includes(anchor ?? ''))).toEqual([])
})

describe('the Dockerfile', () => {
  const lines = read('deploy/Dockerfile')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  const exec = (instruction: string) => {
    const line = lines.find((line) => line.startsWith(instruction)) ?? ''
    return z.array(z.string()).parse(JSON.parse(line.slice(line.indexOf('['))))
  }

  test('copies what is there, and what it may see of it', () => {
    const copies = lines.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1))
    expect(copies.length).toBeGreaterThan(5)
    expect(copies.filter((path) => !existsSync(join(root, path)))).toEqual([])
    const seen = read('deploy/Dockerfile.dockerignore').split('\n')
    expect(copies.filter((path) => !seen.includes(`!${path}`))).toEqual([])
  })

  test('starts what its build makes', async () => {
    const ingredients = ['package.json', '.npmrc', 'tsconfig.json', 'tsconfig.build.json', 'src']
    for (const path of ingredients) cpSync(join(root, path), join(folder, path), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    await run('npm', ['run', 'build'], { cwd: folder })
    const program = exec('ENTRYPOINT').at(-1) ?? ''
    expect(program).toMatch(/^\/app\/dist\//)
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(read('package.json')))
    const { stdout } = await run(process.execPath, [program.replace('/app', folder), '--version'], { env: {} })
    expect(stdout).toBe(`${version}\n`)
    expect(parseCommandLine(exec('CMD'))).toMatchObject({ command: 'serve' })
  }, 60_000)

  test.each([
    [200, 0],
    [503, 1],
  ])('has a health check by which %i ends in %i', async (status, expected) => {
    const asked: (string | undefined)[] = []
    const server = createServer(({ url }, response) => {
      asked.push(url)
      response.writeHead(status).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(await healthCheck(port)).toBe(expected)
    expect(asked).toEqual(['/health'])
    await new Promise((resolve) => server.close(resolve))
    expect(await healthCheck(port)).toBe(1)
  })

  async function healthCheck(port: number): Promise<unknown> {
    const check = /CMD (\[.*\])/.exec(lines.find((line) => line.startsWith('HEALTHCHECK')) ?? '')?.[1] ?? ''
    const [, ...args] = z.array(z.string()).parse(JSON.parse(check))
    const env = { REPRISE_PORT: String(port) }
    return run(process.execPath, args, { env }).then(
      () => 0,
      ({ code }) => code,
    )
  }
})

const variables = z.record(z.string(), z.string())

describe('compose.yaml', () => {
  const service = z.object({
    environment: variables.default({}),
    command: z.array(z.string()).optional(),
    stop_grace_period: z.string().optional(),
    depends_on: z.record(z.string(), z.unknown()).default({}),
    networks: z.array(z.string()),
    volumes: z.array(z.string()).default([]),
  })
  const schema = z.object({
    services: z.record(z.string(), service),
    networks: z.record(z.string(), z.unknown()),
    volumes: z.record(z.string(), z.unknown()),
  })
  const compose = schema.parse(documentsOf('deploy/compose.yaml')[0])
  const example = Object.fromEntries(
    [...read('deploy/compose.env.example').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  )
  const filledIn = (text: string) => text.replaceAll(/\$\{(\w+):[?-]\}/g, (_, name: string) => example[name] ?? '')
  const nodes = Object.entries(compose.services).filter(([name]) => name.startsWith('reprise-'))

  test('asks for nothing that the example of its secrets lacks', () => {
    const asked = [...read('deploy/compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
    expect(asked.filter((name) => example[name] === undefined)).toEqual([])
    expect(Object.keys(example).filter((name) => !asked.includes(name))).toEqual([])
  })

  test('refers to what it has', () => {
    for (const { depends_on, networks, volumes } of Object.values(compose.services)) {
      expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(Object.keys(depends_on)))
      expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining(networks))
      const named = volumes.map((volume) => volume.split(':')[0] ?? '').filter((name) => !name.startsWith('.'))
      expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named))
      const mounted = volumes.map((volume) => volume.split(':')[0] ?? '').filter((name) => name.startsWith('.'))
      expect(mounted.filter((path) => !existsSync(join(root, 'deploy', path)))).toEqual([])
    }
  })

  test('gives its nodes a configuration that they take, and time to stop', () => {
    expect(nodes).toHaveLength(2)
    for (const [name, { environment, stop_grace_period }] of nodes) {
      const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filledIn(value)]))
      const { graceSeconds } = readConfig(env)
      expect(env.REPRISE_NODE_URL).toBe(`http://${name}:4141`)
      expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThanOrEqual(graceSeconds + 10)
    }
  })

  test('has a balancer that knows every node', () => {
    const [, upstreams = ''] = /reverse_proxy (.*) \{/.exec(read('deploy/Caddyfile')) ?? []
    expect(upstreams.split(' ')).toEqual(nodes.map(([name]) => `${name}:4141`))
  })

  test('migrates by a command that exists', () => {
    expect(parseCommandLine(compose.services.migrate?.command ?? [])).toMatchObject({ command: 'migrate' })
  })
})

describe('the Kubernetes manifests', () => {
  const resource = z.looseObject({ apiVersion: z.string(), kind: z.string(), data: variables.optional() })
  const podSpec = z.object({
    enableServiceLinks: z.literal(false), // or REPRISE_PORT would be the service's address
    terminationGracePeriodSeconds: z.number().optional(),
    containers: z.tuple([
      z.object({
        args: z.array(z.string()),
        env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
        lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }).optional(),
      }),
    ]),
  })
  const workload = z.object({ spec: z.object({ template: z.object({ spec: podSpec }) }) })
  const manifests = yamlFiles.filter((path) => path.startsWith('deploy/kubernetes/'))
  const resources = manifests
    .filter((path) => basename(path) !== 'kustomization.yaml')
    .flatMap((path) => documentsOf(path).map((document) => resource.parse(document)))
  const specs = resources
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((each) => workload.parse(each).spec.template.spec)
  const config = resources.find(({ kind }) => kind === 'ConfigMap')?.data ?? {}

  test('start commands that exist, with a configuration that they take', () => {
    expect(specs).toHaveLength(3)
    const address = { REPRISE_DATABASE_URL: 'postgres://h/d', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' }
    for (const { containers } of specs) {
      const [{ args, env }] = containers
      expect(['serve', 'migrate']).toContain(parseCommandLine(args).command)
      const own = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]))
      const set = Object.fromEntries(own.map(([name, value]) => [name, value.replace('$(POD_IP)', '10.0.0.7')]))
      readConfig({ ...config, ...address, ...set })
    }
  })

  test('leave a pod the time to drain', () => {
    for (const { containers, terminationGracePeriodSeconds = 30 } of specs) {
      const before = containers[0].lifecycle?.preStop.sleep.seconds ?? 0
      if (containers[0].args[0] === 'migrate') continue
      expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(before + Number(config.REPRISE_GRACE_SECONDS) + 10)
    }
  })

  test('are all in the kustomization, but for those that say that they are not', () => {
    const kustomization = z.object({ resources: z.array(z.string()) })
    const { resources: listed } = kustomization.parse(documentsOf('deploy/kubernetes/kustomization.yaml')[0])
    const others = manifests.map((path) => basename(path)).filter((name) => name !== 'kustomization.yaml')
    const apart = others.filter((name) => /not part of the kustomization/i.test(read(`deploy/kubernetes/${name}`)))
    expect([...listed, ...apart].sort()).toEqual(others.sort())
  })
})

describe('the systemd unit', () => {
  const unit = read('deploy/systemd/reprise.service')
  const analyzer = succeeds('systemd-analyze', '--version') ? [] : [missing('systemd-analyze, which checks units')]

  test('waits longer than the server takes to stop', () => {
    const grace = Number(/REPRISE_GRACE_SECONDS=(\d+)/.exec(unit)?.[1])
    const patience = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
    expect(patience).toBeGreaterThanOrEqual(grace + 10)
  })

  test('gives the server a configuration that it takes', () => {
    const [, line = ''] = /^Environment=(.*)$/m.exec(unit) ?? []
    const pairs = (text: string) => [...text.matchAll(/(\w+)=(\S*)/g)].map(([, name = '', value = '']) => [name, value])
    readConfig(Object.fromEntries(pairs(line)))
    const example = read('deploy/systemd/reprise.env').replaceAll(/^#(?=\w+=)/gm, '')
    const settings = [...example.matchAll(/^\w+=.*$/gm)].flatMap(([setting]) => pairs(setting))
    readConfig({ ...Object.fromEntries(settings), AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' })
  })

  test.skipIf(analyzer.length > 0)('has no mistake that systemd finds, with and without the code interpreter', () => {
    const path = join(folder, 'reprise.service')
    writeFileSync(path, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`))
    expect(complaints(path)).toBe('')
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n${read('deploy/systemd/no-code.conf')}`)
    expect(complaints(path)).toBe('')
  })
})

function complaints(unit: string): string {
  return execFileSync('/bin/sh', ['-c', 'systemd-analyze verify --man=no "$1" 2>&1 || echo failed', 'sh', unit], {
    encoding: 'utf8',
  })
}

function succeeds(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
