import OpenAI, { toFile } from 'openai'
import OpenAI4, { toFile as toFile4 } from 'openai4'
import OpenAI5, { toFile as toFile5 } from 'openai5'
import OpenAI6, { toFile as toFile6 } from 'openai6'

/** One major version of the official client, in the shape of the newest one so that all can play the same scenes. */
export interface ClientMajor {
  /** `openai 7`. */
  readonly name: string
  open(options: OpenOptions): OpenAI
  readonly toFile: typeof toFile
  /** Whether its stream helper takes `thread.run.incomplete` for the end of a run; without that it rejects. */
  readonly endsWithIncomplete: boolean
  /** The error classes that this version throws. */
  readonly errors: Pick<typeof OpenAI, 'APIUserAbortError' | 'BadRequestError' | 'NotFoundError'>
}

export interface OpenOptions {
  readonly baseURL: string
  readonly apiKey: string
  readonly maxRetries?: number
  readonly fetch?: typeof fetch
}

// The majors describe the same wire in types of their own; only version 4 also calls it differently.
export const clientMajors = [
  {
    name: 'openai 4',
    open: (options: OpenOptions) => inNewShape(new OpenAI4(options as object)),
    toFile: toFile4,
    endsWithIncomplete: false,
    errors: OpenAI4,
  },
  {
    name: 'openai 5',
    open: (options: OpenOptions) => new OpenAI5(options),
    toFile: toFile5,
    endsWithIncomplete: true,
    errors: OpenAI5,
  },
  {
    name: 'openai 6',
    open: (options: OpenOptions) => new OpenAI6(options),
    toFile: toFile6,
    endsWithIncomplete: true,
    errors: OpenAI6,
  },
  {
    name: 'openai 7',
    open: (options: OpenOptions) => new OpenAI(options),
    toFile,
    endsWithIncomplete: true,
    errors: OpenAI,
  },
] as unknown as readonly ClientMajor[]

type OfThread = { thread_id: string }
type OfRun = OfThread & { run_id: string }
type InStore = { vector_store_id: string }

/** Version 4 takes ids as arguments in the order of the path, and says `del`. */
function inNewShape(client: OpenAI4): OpenAI {
  const { beta, files, models } = client
  const { assistants, threads } = beta
  const { messages, runs } = threads
  const { steps } = runs
  const newMessages = reshape(messages, {
    retrieve: (id: string, { thread_id }: OfThread) => messages.retrieve(thread_id, id),
    update: (id: string, { thread_id, ...body }: OfThread) => messages.update(thread_id, id, body),
    delete: (id: string, { thread_id }: OfThread) => messages.del(thread_id, id),
  })
  const newSteps = reshape(steps, {
    retrieve: (id: string, { thread_id, run_id, ...query }: OfRun) => steps.retrieve(thread_id, run_id, id, query),
    list: (run_id: string, { thread_id, ...query }: OfThread) => steps.list(thread_id, run_id, query),
  })
  const newRuns = reshape(runs, {
    steps: newSteps,
    retrieve: (id: string, { thread_id }: OfThread) => runs.retrieve(thread_id, id),
    update: (id: string, { thread_id, ...body }: OfThread) => runs.update(thread_id, id, body),
    cancel: (id: string, { thread_id }: OfThread) => runs.cancel(thread_id, id),
    poll: (id: string, { thread_id }: OfThread) => runs.poll(thread_id, id),
    submitToolOutputs: (id: string, { thread_id, ...body }: OfThread & Outputs) =>
      runs.submitToolOutputs(thread_id, id, body),
    submitToolOutputsAndPoll: (id: string, { thread_id, ...body }: OfThread & Outputs) =>
      runs.submitToolOutputsAndPoll(thread_id, id, body),
    submitToolOutputsStream: (id: string, { thread_id, ...body }: OfThread & Outputs) =>
      runs.submitToolOutputsStream(thread_id, id, body),
  })
  const newThreads = reshape(threads, {
    messages: newMessages,
    runs: newRuns,
    delete: (id: string) => threads.del(id),
  })
  const { vectorStores } = client
  const { files: storeFiles, fileBatches } = vectorStores
  const newStoreFiles = reshape(storeFiles, {
    retrieve: (id: string, { vector_store_id }: InStore) => storeFiles.retrieve(vector_store_id, id),
    update: (id: string, { vector_store_id, ...body }: InStore & Attributes) =>
      storeFiles.update(vector_store_id, id, body),
    delete: (id: string, { vector_store_id }: InStore) => storeFiles.del(vector_store_id, id),
    content: (id: string, { vector_store_id }: InStore) => storeFiles.content(vector_store_id, id),
  })
  const newBatches = reshape(fileBatches, {
    retrieve: (id: string, { vector_store_id }: InStore) => fileBatches.retrieve(vector_store_id, id),
    cancel: (id: string, { vector_store_id }: InStore) => fileBatches.cancel(vector_store_id, id),
    listFiles: (id: string, { vector_store_id, ...query }: InStore) =>
      fileBatches.listFiles(vector_store_id, id, query),
  })
  const newVectorStores = reshape(vectorStores, {
    files: newStoreFiles,
    fileBatches: newBatches,
    delete: (id: string) => vectorStores.del(id),
  })
  return reshape(client, {
    vectorStores: newVectorStores,
    beta: reshape(beta, {
      assistants: reshape(assistants, { delete: (id: string) => assistants.del(id) }),
      threads: newThreads,
    }),
    files: reshape(files, { delete: (id: string) => files.del(id) }),
    models: reshape(models, { delete: (id: string) => models.del(id) }),
  }) as unknown as OpenAI
}

type Attributes = { attributes: Record<string, string | number | boolean> | null }
type Outputs = { tool_outputs: { tool_call_id: string; output: string }[] }

/** `target` with other members in the place of some. Its own methods go on seeing the original. */
function reshape<Target extends object>(target: Target, changes: Readonly<Record<string, unknown>>): Target {
  return new Proxy(target, {
    get(_, key) {
      if (typeof key === 'string' && key in changes) return changes[key]
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
