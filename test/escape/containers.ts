import { readFile } from 'node:fs/promises'
import { runCommand } from '../../scripts/run-command.ts'
import { descendants } from '../../src/adapters/sandbox/process-tree.ts'
import { engineFolder } from '../support/docker-engine.ts'

/** Whether Docker's engine is asked for containers: where a test has one, its environment names the image. */
const isAsked = () => process.env.REPRISE_SANDBOX_IMAGE !== undefined

/**
 * Of the processes below a server, those of sandboxes: without an engine that was started for the tests, and with
 * what is in the containers that programs among them hold, which is below the engine.
 */
export async function withContainers(below: readonly number[]): Promise<number[]> {
  if (!isAsked()) return [...below]
  const found = below.map(async (pid) => {
    const told = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (told.includes(`/${engineFolder}`)) return []
    const [, container] = /--name=(reprise-[\w-]+)/.exec(told) ?? []
    return [pid, ...(container ? await processesIn(container) : [])]
  })
  return (await Promise.all(found)).flat()
}

/** Names of containers, running or not, of servers whose mark has that in it. */
export async function containersOf(mark: string): Promise<string[]> {
  if (!isAsked()) return []
  const format = '{{.Names}} {{.Label "reprise.sandbox"}}'
  const said = await runCommand('docker', ['ps', '--all', '--filter=label=reprise.sandbox', '--format', format])
  return said.split('\n').flatMap((line) => (line.includes(mark) ? [line.split(' ')[0] ?? ''] : []))
}

async function processesIn(container: string): Promise<number[]> {
  const first = firstProcesses.get(container) ?? (await firstProcessOf(container))
  if (first === undefined) return []
  firstProcesses.set(container, first)
  return [first, ...((await descendants(first)) ?? [])]
}

const firstProcesses = new Map<string, number>()

/** Undefined before there is one; or if the engine is one of another machine, with other numbers. */
async function firstProcessOf(container: string): Promise<number | undefined> {
  const format = '{{.Id}} {{.State.Pid}}'
  const said = await runCommand('docker', ['inspect', '--format', format, container]).catch(() => '')
  const [id = '', pid = ''] = said.trim().split(' ')
  const groups = await readFile(`/proc/${pid}/cgroup`, 'latin1').catch(() => '')
  return id !== '' && groups.includes(id) ? Number(pid) : undefined
}
