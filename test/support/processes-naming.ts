import { readdir, readFile } from 'node:fs/promises'

/** The pids of this machine's processes in whose command line the text stands, but for our own. */
export async function processesNaming(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid)
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, place) => lines[place]?.includes(text))
}
