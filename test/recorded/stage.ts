import { vi } from 'vitest'
import type { ModelPart } from '../../src/ports/model.ts'
import { FakeModel } from '../support/fake-model.ts'
import { json, textAt } from '../support/json.ts'
import type { TestServer } from '../support/start-server.ts'
import type { Exchange } from './recordings.ts'
import { statusOf } from './turns.ts'

const decoy = 'decoy'

/**
 * Holds runs where the recording saw them. The server executes one run at a time: while a decoy has that place, a run
 * stays `queued`; while the model is silent, it stays `in_progress`.
 */
export class Stage {
  readonly model: FakeModel
  readonly #turns: ModelPart[][]
  #decoyLeaves = Promise.withResolvers<void>()
  #asked = Promise.withResolvers<void>()
  #answers = Promise.withResolvers<void>()

  constructor(turns: readonly ModelPart[][]) {
    this.#turns = [...turns]
    this.model = new FakeModel(async ({ model }) => {
      if (model === decoy) return this.#decoyLeaves.promise.then(() => 'Done.')
      const turn = this.#turns.shift() ?? [{ type: 'text-delta', text: 'Nobody recorded this.' }]
      this.#asked.resolve()
      await this.#answers.promise
      return turn
    })
  }

  /** Puts everything where the exchange found it. `later` are the exchanges after it. */
  async prepare(
    server: TestServer,
    exchange: Exchange,
    { path, later }: { path: string; later: readonly Exchange[] },
  ): Promise<void> {
    if (exchange.method === 'POST' && /\/(runs|submit_tool_outputs)(\?|$)/.test(exchange.path)) {
      this.#asked = Promise.withResolvers()
      this.#answers = Promise.withResolvers()
      if (typeof exchange.response === 'string') this.#answers.resolve()
      if (statusOf(later.find((each) => statusOf(each) !== undefined) ?? exchange) === 'queued')
        await this.#send(server)
    }
    if (exchange.method === 'GET') await this.#bringTo(statusOf(exchange), server, path)
  }

  /** Lets everything end, so that the server can stop. */
  close(): void {
    this.#decoyLeaves.resolve()
    this.#answers.resolve()
  }

  /** Sends the decoy, and waits until it has the place. */
  async #send({ client }: TestServer): Promise<void> {
    const { id } = await client.beta.assistants.create({ model: decoy })
    await client.beta.threads.createAndRun({ assistant_id: id })
    await vi.waitFor(() => {
      if (!this.model.requests.some(({ model }) => model === decoy)) throw new Error('the decoy waits itself')
    })
  }

  async #bringTo(status: string | undefined, server: TestServer, path: string): Promise<void> {
    if (status === undefined || status === 'queued') return
    this.#decoyLeaves.resolve()
    if (status === 'in_progress') return this.#asked.promise
    this.#answers.resolve()
    await vi.waitFor(
      async () => {
        const run = await fetch(new URL(path, server.baseURL)).then(async (reply) => json.parse(await reply.json()))
        if (['queued', 'in_progress'].includes(textAt(run, 'status'))) throw new Error(`${path} is still under way`)
      },
      { interval: 10, timeout: 10_000 },
    )
  }
}
