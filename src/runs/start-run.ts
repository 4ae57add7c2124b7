import { type JsonText, toText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { KeptPlace } from '../jobs/hand-over.ts'
import type { JobIntake } from '../jobs/worker.ts'
import type { NewId } from '../lib/id.ts'
import type { Elsewhere, Following, RunEvents, RunLog } from '../ports/events.ts'
import type { Store, Transaction } from '../ports/store.ts'
import { endUnheard } from './end-unheard.ts'
import type { PlaceByPython } from './place-by-python.ts'
import { streamBroke } from './stream-broke.ts'

/** The kind of job that takes a run to its end or to its next function calls. */
export const executeRunJob = 'execute_run'

/** A run on its way. */
export interface StartedRun {
  readonly run: JsonText<Run>
  /**
   * Follows the run's present leg up to `done`; aborting the signal ends the following only. Only for runs that were
   * started with `followed`.
   */
  events(signal: AbortSignal): AsyncIterable<StreamEvent>
}

/** Where a new job goes: into the queue, and at once to the worker of this process if it has room. */
export interface RunJobs {
  readonly intake: JobIntake
  /** A place at another node that has the thread's Python; absent where there is only one. */
  readonly placeByPython?: PlaceByPython | undefined
  readonly newId: NewId
}

interface Start {
  /** Whether somebody will follow the run's events. A run that waits for its turn without followers takes no memory. */
  followed: boolean
  /** The node that shall have the run before any other; undefined when all are the same to it. */
  place: KeptPlace | undefined
  write(tx: Transaction): Promise<WrittenRun>
}

/** A run as it was just written, and the events that begin this leg of its stream. */
export interface WrittenRun {
  readonly run: Run
  readonly told: readonly StreamEvent[]
}

/**
 * Queues a run for execution: what `write` does and the job are one transaction. A process with room takes the job on
 * as it is added, so that it costs no claim and its events stay where they are followed.
 */
export async function startRun(
  { store, events, jobs }: { store: Store; events: RunEvents; jobs: RunJobs },
  project: string,
  { followed, place, write }: Start,
): Promise<StartedRun> {
  const reservation = place ? undefined : jobs.intake.reserve()
  const job = { id: jobs.newId('job'), kind: executeRunJob, project }
  let log: RunLog | undefined
  try {
    const run = await store.transaction(project, async (tx) => {
      const { run, told } = await write(tx)
      const { lease } = place ?? reservation ?? {}
      await tx.jobs.add({ ...job, subject: run.id, runAt: Date.now(), ...(lease && { lease }) })
      if (followed || reservation) {
        // Before the commit: whoever ends the run right after it has to find the log.
        log = events.open(run.id, ...told)
      }
      return run
    })
    place?.tell(job)
    reservation?.start({ ...job, subject: run.id })
    const rest: Elsewhere['rest'] = ({ heard }) => endUnheard(store.read(project), run.id, { heard })
    const elsewhere = { project, job_id: job.id, rest }
    return { run: toText(run), events: (signal) => follow(log, { signal, elsewhere }) }
  } catch (error) {
    if (log && !log.over()) log.append(...streamBroke('The run was not started.'))
    throw error
  } finally {
    reservation?.release()
  }
}

function follow(log: RunLog | undefined, options: Following): AsyncIterable<StreamEvent> {
  if (!log) throw new Error('nobody was to follow this run')
  return log.follow(options)
}
