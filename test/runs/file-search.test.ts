import { describe, expect, it } from 'vitest'
import { fromText } from '../../src/api/json.ts'
import type { CreateRunRequest } from '../../src/api/run.ts'
import type { Include } from '../../src/api/run-step.ts'
import type { Hit, SearchRequest } from '../../src/ports/search.ts'
import { FakeModel } from '../support/fake-model.ts'
import { noSearch } from '../support/no-search.ts'
import { collect, openApplication, project, type TestApplication, until } from '../support/open-application.ts'
import { checkStream } from '../support/stream-grammar.ts'

const content: Include = 'step_details.tool_calls[*].file_search.results[*].content'
const page = { limit: 20, order: 'asc' as const }

function hitOf(vector_store_id: string, filename: string, text: string, place: Partial<Hit['chunk']> = {}): Hit {
  const file = { file_id: `file-${filename}`, filename, attributes: { kind: 'test' } }
  const segment = { id: 'segment', vector_store_id, ...file, chunk_count: 1, space: null }
  return { segment, index: 3, chunk: { text, page: null, headings: [], ...place }, score: 0.75 }
}

/** An index that finds the same two passages whatever it is asked. */
function indexOf(asked: SearchRequest[] = []) {
  async function search(request: SearchRequest): Promise<Hit[]> {
    asked.push(request)
    const [store = ''] = request.vector_store_ids
    return [
      hitOf(store, 'foods.txt', 'Filip likes cake 🍰', { page: 2, headings: ['People', 'Filip'] }),
      hitOf(store, 'drinks.txt', 'Effie drinks tea'),
    ]
  }
  return { ...noSearch.index, search }
}

const searching = { call: 'file_search', arguments: { queries: ['favorite food', 'cake'] } }

async function startSearch(app: TestApplication, run: Partial<CreateRunRequest> = {}, include: Include[] = []) {
  const { assistants, threads, vectorStores, runs } = app.services()
  const store = fromText(await vectorStores.create(project, { name: 'foods' }))
  const assistant = fromText(
    await assistants.create(project, {
      model: 'any',
      tools: [{ type: 'file_search' }, { type: 'function', function: { name: 'ask' } }],
      tool_resources: { file_search: { vector_store_ids: [store.id] } },
    }),
  )
  const thread = fromText(
    await threads.create(project, { messages: [{ role: 'user', content: 'What does Filip like?' }] }),
  )
  const request = { assistant_id: assistant.id, stream: true, ...run }
  const started = await runs.create(project, thread.id, request, { include })
  return { store, thread, id: fromText(started.run).id, told: collect(started) }
}

describe('file search in a run', () => {
  it('searches in a step of its own, then answers with citations that resolve', async () => {
    const asked: SearchRequest[] = []
    const model = new FakeModel([searching, ['😀 Filip likes ca', 'ke【4:0†sou', 'rce】 and【4:9†x】 tea【4:1】.']])
    await using app = await openApplication(model, { index: indexOf(asked) })
    const { store, thread, id, told } = await startSearch(app)
    const events = await told
    const { run } = checkStream(events)
    expect(run.status).toBe('completed')
    expect(asked).toMatchObject([
      { vector_store_ids: [store.id], limit: 20, queries: [{ text: 'favorite food' }, { text: 'cake' }] },
    ])

    const { runs, messages } = app.services()
    const steps = JSON.parse(await runs.listSteps(project, thread.id, id, { ...page, include: [] })).data
    expect(steps.map((step: { type: string; status: string }) => [step.type, step.status])).toEqual([
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ])
    const [call] = steps[0].step_details.tool_calls
    expect(call.file_search.ranking_options).toEqual({ ranker: 'default_2024_08_21', score_threshold: 0 })
    expect(call.file_search.results).toEqual([
      { file_id: 'file-foods.txt', file_name: 'foods.txt', score: 0.75, attributes: { kind: 'test' } },
      { file_id: 'file-drinks.txt', file_name: 'drinks.txt', score: 0.75, attributes: { kind: 'test' } },
    ])
    const total = steps.reduce(
      (sum: number, step: { usage: { total_tokens: number } }) => sum + step.usage.total_tokens,
      0,
    )
    expect(run.usage?.total_tokens).toBe(total)

    const [message] = JSON.parse(await messages.list(project, thread.id, { ...page, run_id: id })).data
    const [{ text }] = message.content
    expect(text.value).toBe('😀 Filip likes cake【4:0†foods.txt】 and tea【4:1†drinks.txt】.')
    const characters = [...text.value]
    expect(text.annotations).toHaveLength(2)
    for (const { text: marker, start_index, end_index } of text.annotations) {
      expect(characters.slice(start_index, end_index).join('')).toBe(marker)
    }
    const { data: citations } = JSON.parse(await messages.citations(project, thread.id, message.id))
    expect(citations).toMatchObject([
      {
        object: 'thread.message.citation',
        content_index: 0,
        annotation_index: 0,
        text: '【4:0†foods.txt】',
        file_id: 'file-foods.txt',
        filename: 'foods.txt',
        vector_store_id: store.id,
        quote: 'Filip likes cake 🍰',
        page: 2,
        headings: ['People', 'Filip'],
        chunk_index: 3,
      },
      { annotation_index: 1, text: '【4:1†drinks.txt】', page: null, headings: [] },
    ])
  })

  it('tells the model what was found, and what it asked, in every later turn', async () => {
    const model = new FakeModel([searching, searching, 'Cake【5:0†x】.'])
    await using app = await openApplication(model, { index: indexOf() })
    await (await startSearch(app)).told
    const [offered] = model.requests
    expect(offered?.tools.map(({ name }) => name)).toEqual(['ask', 'file_search'])
    const [, second, third] = model.requests
    expect(second?.messages.at(-1)).toMatchObject({ role: 'tool', text: expect.stringContaining('【4:0†foods.txt】') })
    expect(third?.messages.filter(({ role }) => role === 'tool')).toHaveLength(2)
    expect(third?.messages.at(-1)).toMatchObject({
      text: expect.stringContaining('【5:0†foods.txt】 (page 2, People › Filip)'),
    })
    expect(third?.messages.at(-2)).toMatchObject({
      role: 'assistant',
      tool_calls: [{ arguments: JSON.stringify(searching.arguments) }],
    })
  })

  it('shows the passages only where include[] asks for them, in the stream and afterwards', async () => {
    const model = new FakeModel([searching, 'Cake.', searching, 'Cake.'])
    await using app = await openApplication(model, { index: indexOf() })
    const plain = await startSearch(app)
    expect(JSON.stringify(await plain.told)).not.toContain('"content":[{"type":"text","text":"Filip')
    const full = await startSearch(app, {}, [content])
    const completed = (await full.told).find(({ event }) => event === 'thread.run.step.completed')
    expect(JSON.stringify(completed)).toContain('"content":[{"type":"text","text":"Filip')

    const { runs } = app.services()
    const listed = await runs.listSteps(project, plain.thread.id, plain.id, { ...page, include: [content] })
    const [step] = JSON.parse(listed).data
    expect(step).toMatchObject({ expires_at: null })
    expect(step.step_details.tool_calls[0].file_search.results[0].content).toEqual([
      { type: 'text', text: 'Filip likes cake 🍰' },
    ])
    const got = await runs.getStep(project, plain.thread.id, plain.id, step.id, { include: [content] })
    expect(JSON.parse(got)).toEqual(step)
  })

  it('does what the server can do first when a turn also calls functions', async () => {
    const model = new FakeModel([['Let me see.', { call: 'ask', arguments: { n: 1 } }, searching], 'Cake.'])
    await using app = await openApplication(model, { index: indexOf() })
    const { thread, id, told } = await startSearch(app)
    const { run } = checkStream(await told)
    expect(run.status).toBe('requires_action')
    expect(run.required_action?.submit_tool_outputs.tool_calls).toMatchObject([
      { function: { name: 'ask', arguments: '{"n":1}' } },
    ])
    const { runs } = app.services()
    const steps = JSON.parse(await runs.listSteps(project, thread.id, id, { ...page, include: [] })).data
    expect(steps.map((step: { type: string; status: string }) => [step.type, step.status])).toEqual([
      ['message_creation', 'completed'],
      ['tool_calls', 'completed'],
      ['tool_calls', 'in_progress'],
    ])
  })

  it('can be forced, once', async () => {
    const model = new FakeModel([searching, 'Cake.'])
    await using app = await openApplication(model, { index: indexOf() })
    await (await startSearch(app, { tool_choice: { type: 'file_search' } })).told
    expect(model.requests.map(({ tool_choice }) => tool_choice)).toEqual([{ function: 'file_search' }, 'auto'])
  })

  it('is cancelled in the middle of a search', async () => {
    const searches = Promise.withResolvers<void>()
    const index = {
      ...noSearch.index,
      search: (_: SearchRequest, { signal }: { signal: AbortSignal }) =>
        new Promise<Hit[]>((_, reject) => {
          searches.resolve()
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    }
    await using app = await openApplication(new FakeModel([searching]), { index })
    const { thread, id, told } = await startSearch(app)
    await searches.promise
    await app.services().runs.cancel(project, thread.id, id)
    expect(checkStream(await told).run.status).toBe('cancelled')
    const steps = JSON.parse(await app.services().runs.listSteps(project, thread.id, id, { ...page, include: [] })).data
    expect(steps).toMatchObject([{ type: 'tool_calls', status: 'cancelled' }])
  })

  it('goes on after an interruption from the search that was finished, without searching again', async () => {
    const asked: SearchRequest[] = []
    const model = new FakeModel([searching, 'Filip likes cake【4:0†x】.', 'Filip likes cake【4:0†x】.'])
    await using app = await openApplication(model, { index: indexOf(asked) })
    const { thread, id, told } = await startSearch(app)
    await until(async () => asked.length === 1 && model.requests.length === 2)
    await app.stop()
    await told
    app.startAgain()
    await until(async () => fromText(await app.services().runs.get(project, thread.id, id)).status === 'completed')
    expect(asked).toHaveLength(1)
  })

  it('fails when the time of its store is over, and says which', async () => {
    await using app = await openApplication(new FakeModel(['never asked']), { index: indexOf() })
    const { vectorStores, assistants, threads, runs } = app.services()
    const store = fromText(await vectorStores.create(project, { expires_after: { anchor: 'last_active_at', days: 1 } }))
    const resources = { file_search: { vector_store_ids: [store.id] } }
    const assistant = fromText(
      await assistants.create(project, { model: 'any', tools: [{ type: 'file_search' }], tool_resources: resources }),
    )
    await app.stored.transaction(project, async (tx) => {
      const body = JSON.stringify({ ...store, status: 'expired', expires_at: null })
      await tx.vectorStores.update(store.id, { body, expires_at: null })
    })
    const thread = fromText(await threads.create(project, {}))
    const started = await runs.create(project, thread.id, { assistant_id: assistant.id, stream: true })
    const { run } = checkStream(await collect(started))
    expect(run.last_error).toEqual({ code: 'server_error', message: `Vector store ${store.id} has expired.` })
  })
})
