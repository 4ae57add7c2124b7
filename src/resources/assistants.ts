import type { Assistant, CreateAssistantRequest, ModifyAssistantRequest } from '../api/assistant.ts'
import { notFound } from '../api/error.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { ListQuery } from '../api/list.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Store, Transaction } from '../ports/store.ts'
import { makeHelperStore } from './helper-store.ts'
import { sendList } from './list-envelope.ts'
import { mergeMetadata } from './metadata.ts'
import { requireModel } from './require-model.ts'
import { normalizeTools } from './tool-echo.ts'
import { mergeToolResources, resourcesOf } from './tool-resources.ts'

/** The rules of `/assistants`. `acceptsModel` says whether the model provider knows what to do with a name. */
export function createAssistants({
  store,
  newId,
  now,
  acceptsModel,
}: {
  store: Pick<Store, 'read' | 'transaction'>
  newId: NewId
  now: Now
  acceptsModel: (model: string) => boolean
}) {
  async function create(project: string, request: CreateAssistantRequest): Promise<JsonText<Assistant>> {
    requireModel(request.model, acceptsModel)
    return store.transaction(project, async (tx) => {
      const id = newId('assistant')
      const tool_resources = await makeHelperStore(tx, request.tool_resources, { newId, now, expires_after: null })
      const current = blank({ id, created_at: now(), model: request.model })
      const body = toText(await changed(tx, current, { ...request, tool_resources }))
      await tx.assistants.insert({ id, body })
      return body
    })
  }

  async function list(project: string, query: ListQuery): Promise<string> {
    return sendList(store.read(project).assistants.list({}, query))
  }

  async function get(project: string, id: string): Promise<JsonText<Assistant>> {
    const row = await store.read(project).assistants.get(id)
    if (!row) throw notFound('assistant', id)
    return row.body
  }

  async function modify(project: string, id: string, request: ModifyAssistantRequest): Promise<JsonText<Assistant>> {
    if (request.model !== undefined) requireModel(request.model, acceptsModel)
    return store.transaction(project, async (tx) => {
      const row = await tx.assistants.get(id)
      if (!row) throw notFound('assistant', id)
      const body = toText(await changed(tx, fromText(row.body), request))
      await tx.assistants.update(id, { body })
      return body
    })
  }

  async function remove(project: string, id: string): Promise<string> {
    const removed = await store.transaction(project, (tx) => tx.assistants.remove(id))
    if (!removed) throw notFound('assistant', id)
    return toText({ id, object: 'assistant.deleted', deleted: true })
  }

  return { create, list, get, modify, remove }
}

function blank({ id, created_at, model }: Pick<Assistant, 'id' | 'created_at' | 'model'>): Assistant {
  return {
    id,
    object: 'assistant',
    created_at,
    name: null,
    description: null,
    model,
    instructions: null,
    tools: [],
    top_p: 1,
    temperature: 1,
    reasoning_effort: null,
    tool_resources: {},
    metadata: {},
    response_format: 'auto',
  }
}

/** The assistant after a request: what is left out stays, and null means the default. */
async function changed(
  tx: Pick<Transaction, 'files' | 'vectorStores'>,
  current: Assistant,
  request: ModifyAssistantRequest,
): Promise<Assistant> {
  const tools = request.tools ? normalizeTools(request.tools) : current.tools
  const resources = await mergeToolResources(tx, current.tool_resources, request.tool_resources)
  return {
    ...current,
    name: given(request.name, { before: current.name, byDefault: null }),
    description: given(request.description, { before: current.description, byDefault: null }),
    model: request.model ?? current.model,
    instructions: given(request.instructions, { before: current.instructions, byDefault: null }),
    tools,
    top_p: given(request.top_p, { before: current.top_p, byDefault: 1 }),
    temperature: given(request.temperature, { before: current.temperature, byDefault: 1 }),
    reasoning_effort: given(request.reasoning_effort, { before: current.reasoning_effort, byDefault: null }),
    tool_resources: resourcesOf(tools, resources),
    metadata: mergeMetadata(current.metadata, request.metadata),
    response_format: given(request.response_format, { before: current.response_format, byDefault: 'auto' }),
  }
}

function given<Value>(value: Value | null | undefined, { before, byDefault }: { before: Value; byDefault: Value }) {
  return value === undefined ? before : (value ?? byDefault)
}
