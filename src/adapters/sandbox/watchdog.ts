import { readdir, readFile, readlink, stat, statfs } from 'node:fs/promises'
import { descendants } from './process-tree.ts'

const lookEveryMs = 100

/** What a process and all below it may have together. */
export interface TreeBounds {
  readonly memoryMegabytes: number
  /** Threads count as well. */
  readonly processes: number
  /** Files in the file system of `folder`, as the first child sees it: each takes memory, be it empty. */
  readonly files?: { readonly folder: string; readonly most: number }
  /** Its memory lies in files without a name (`memfd`), most of which nobody maps: they are to be counted as well. */
  readonly inMemoryFiles?: true
}

/**
 * Bounds a process and all below it where no control group can: ten times a second it adds up their memory and threads,
 * and calls `bite` with what was too much, once. What is taken and given back in between goes unseen.
 */
export function watchTree(pid: number, bounds: TreeBounds, bite: (reason: 'memory' | 'processes') => void): Disposable {
  let timer: NodeJS.Timeout | undefined = setTimeout(look, lookEveryMs)
  async function look() {
    const excess = await excessOf(pid, bounds)
    if (timer === undefined) return
    if (excess) return bite(excess)
    timer = setTimeout(look, lookEveryMs)
  }
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

/** Whether this kernel tells which processes are below another (`CONFIG_PROC_CHILDREN`); else nothing can be watched. */
export async function canWatchTrees(): Promise<boolean> {
  return (await descendants(process.pid)) !== undefined
}

async function excessOf(pid: number, { memoryMegabytes, processes, files, inMemoryFiles }: TreeBounds) {
  const tree = [pid, ...((await descendants(pid)) ?? [])]
  const threads = await Promise.all(tree.map(countThreads))
  if (sum(threads) > processes) return 'processes'
  if (files && (await countFiles(tree[1], files.folder)) > files.most) return 'memory'
  const most = memoryMegabytes * 1024
  if (inMemoryFiles && (await memoryFileKilobytes(tree)) > most) return 'memory'
  // What they share is counted for each at first, which is quick; if that is too much, a share for each, which is slow.
  if (sum(await Promise.all(tree.map(residentKilobytes))) <= most) return undefined
  return sum(await Promise.all(tree.map(shareKilobytes))) > most ? 'memory' : undefined
}

async function countThreads(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/task`).catch(() => [])).length
}

/** Where the process is gone, or not there yet, there are none. The folder must be one that nobody inside can replace. */
async function countFiles(pid: number | undefined, folder: string): Promise<number> {
  const found = await statfs(`/proc/${pid}/root${folder}`).catch(() => undefined)
  return found === undefined ? 0 : found.files - found.ffree
}

async function memoryFileKilobytes(tree: readonly number[]): Promise<number> {
  const sizes = new Map((await Promise.all(tree.map(memoryFiles))).flat())
  return sum([...sizes.values()])
}

/** By their inodes, for several processes have the same. */
async function memoryFiles(pid: number): Promise<[inode: number, kilobytes: number][]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const files = names.map(async (name): Promise<[number, number][]> => {
    const target = await readlink(`${folder}/${name}`).catch(() => '')
    const found = target.startsWith('/memfd:') ? await stat(`${folder}/${name}`).catch(() => undefined) : undefined
    return found ? [[found.ino, found.blocks / 2]] : []
  })
  return (await Promise.all(files)).flat()
}

async function residentKilobytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  return kilobytes('VmRSS', status) + kilobytes('VmSwap', status)
}

async function shareKilobytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => undefined)
  return rollup === undefined ? residentKilobytes(pid) : kilobytes('Pss', rollup) + kilobytes('SwapPss', rollup)
}

function kilobytes(name: string, text: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
