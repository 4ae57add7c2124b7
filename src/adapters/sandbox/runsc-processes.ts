import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 5000

/**
 * Kills what `runsc` runs with its state below one of these folders, and settles when it is gone. They die with their
 * parent anyway, a moment later; where there are no control groups this is how that moment is waited for.
 */
export async function endRunsc(folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return
  for (const end = performance.now() + patienceMs; performance.now() < end; await sleep(5)) {
    const pids = await runscIn(folders)
    if (pids.length === 0) return
    for (const pid of pids) kill(pid)
  }
}

async function runscIn(folders: readonly string[]): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const found = await Promise.all(pids.map((pid) => runsIn(pid, folders)))
  return pids.filter((_, place) => found[place])
}

/** Its helpers are started with the option that it was given. */
async function runsIn(pid: number, folders: readonly string[]): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const options = line.split('\0')
  return folders.some((folder) => options.includes(`--root=${folder}/state`))
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it is gone already
  }
}
