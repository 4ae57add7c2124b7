import { type JsonText, toText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { JobIntake } from '../jobs/worker.ts'
import type { NewId } from '../lib/id.ts'
import type { RunEvents } from '../ports/events.ts'
import type { Store, Transaction } from '../ports/store.ts'

/** The kind of job that takes a run to its end or to its next function calls. */
export const executeRunJob = 'execute_run'

/** A run on its way. `events` follows its present leg up to `done`; aborting the signal ends the following only. */
export interface StartedRun {
  readonly run: JsonText<Run>
  events(signal: AbortSignal): AsyncIterable<StreamEvent>
}

/** Where a new job goes: into the queue, and at once to the worker of this process if it has room. */
export interface RunJobs {
  readonly intake: JobIntake
  readonly newId: NewId
}

/**
 * Queues a run for execution: what `write` does and the job are one transaction. `told` are the events that begin this
 * leg of its stream. A process with room takes the job on as it is added, so that it costs no claim and its events
 * stay where they are followed.
 */
export async function startRun(
  { store, events, jobs }: { store: Store; events: RunEvents; jobs: RunJobs },
  project: string,
  write: (tx: Transaction) => Promise<{ run: Run; told: StreamEvent[] }>,
): Promise<StartedRun> {
  const reservation = jobs.intake.reserve()
  const job = { id: jobs.newId('job'), kind: executeRunJob, project }
  try {
    const { run, told } = await store.transaction(project, async (tx) => {
      const written = await write(tx)
      const { lease } = reservation ?? {}
      await tx.jobs.add({ ...job, subject: written.run.id, runAt: Date.now(), ...(lease && { lease }) })
      return written
    })
    const log = events.open(run.id)
    log.append(...told)
    reservation?.start({ ...job, subject: run.id })
    return { run: toText(run), events: (signal) => log.follow({ signal }) }
  } finally {
    reservation?.release()
  }
}
