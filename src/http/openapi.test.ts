import { expect, test } from 'vitest'
import { createFakeApp } from '../../test/support/fake-app.ts'

async function read() {
  const response = await createFakeApp().app.request('/openapi.json')
  return JSON.parse(await response.text())
}

/** Every `$ref` in a document. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)))
}

const operationIds = [
  'createAssistant listAssistants getAssistant modifyAssistant deleteAssistant',
  'createThread getThread modifyThread deleteThread',
  'createMessage listMessages getMessage modifyMessage deleteMessage listMessageCitations',
  'createThreadAndRun createRun listRuns getRun modifyRun submitToolOuputsToRun cancelRun listRunSteps getRunStep',
  'createFile listFiles retrieveFile deleteFile downloadFile',
  'createUpload addUploadPart completeUpload cancelUpload',
  'createVectorStore listVectorStores getVectorStore modifyVectorStore deleteVectorStore searchVectorStore',
  'createVectorStoreFile listVectorStoreFiles getVectorStoreFile updateVectorStoreFileAttributes deleteVectorStoreFile',
  'retrieveVectorStoreFileContent createVectorStoreFileBatch getVectorStoreFileBatch cancelVectorStoreFileBatch',
  'listFilesInVectorStoreBatch',
  'listModels retrieveModel deleteModel createChatCompletion createEmbedding',
].flatMap((line) => line.split(' '))

test('every operation is there under its official id, with its parameters and an error', async () => {
  const { paths } = await read()
  const operations = Object.entries<Record<string, { operationId: string; parameters?: object[]; responses: object }>>(
    paths,
  ).flatMap(([path, methods]) => Object.values(methods).map((operation) => ({ path, operation })))
  expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(operationIds.sort())
  for (const { path, operation } of operations) {
    const inPath = (operation.parameters ?? []).filter((parameter) => 'in' in parameter && parameter.in === 'path')
    expect(inPath).toHaveLength(path.split('{').length - 1)
    expect(Object.keys(operation.responses)).toEqual(['200', 'default'])
  }
})

test('it is OpenAPI 3.0, secured by a bearer key, and every reference leads somewhere', async () => {
  const document = await read()
  expect(document.openapi).toBe('3.0.3')
  expect(document.servers).toEqual([{ url: '/v1' }])
  expect(document.security).toEqual([{ ApiKeyAuth: [] }])
  expect(document.components.securitySchemes).toEqual({ ApiKeyAuth: { type: 'http', scheme: 'bearer' } })
  const refs = refsIn(document)
  expect(refs.length).toBeGreaterThan(100)
  for (const ref of refs) expect(document.components.schemas).toHaveProperty(ref.replace('#/components/schemas/', ''))
})

test('a run step is said so that generated clients can tell its kinds apart', async () => {
  const { RunStepObject: step } = (await read()).components.schemas
  expect(step.required).toHaveLength(17)
  expect(step.properties.step_details).toEqual({
    oneOf: [
      { $ref: '#/components/schemas/RunStepDetailsMessageCreationObject' },
      { $ref: '#/components/schemas/RunStepDetailsToolCallsObject' },
    ],
    discriminator: {
      propertyName: 'type',
      mapping: {
        message_creation: '#/components/schemas/RunStepDetailsMessageCreationObject',
        tool_calls: '#/components/schemas/RunStepDetailsToolCallsObject',
      },
    },
  })
  expect(step.properties.expired_at).toEqual({ type: 'integer', nullable: true })
})

test('what may be null is said beside a union, not inside it', async () => {
  const { schemas } = (await read()).components
  expect(schemas.CreateRunRequest.properties.tool_choice).toEqual({
    oneOf: [
      { type: 'string', enum: ['none', 'auto', 'required'] },
      { $ref: '#/components/schemas/AssistantsNamedToolChoice' },
    ],
    nullable: true,
  })
})

test('bodies are required when something in them is', async () => {
  const { paths } = await read()
  expect(paths['/assistants'].post.requestBody.required).toBe(true)
  expect(paths['/threads'].post.requestBody.required).toBe(false)
  expect(paths['/files'].post.requestBody.content['multipart/form-data'].schema).toEqual({
    $ref: '#/components/schemas/CreateFileRequest',
  })
  expect(paths['/threads/{thread_id}/runs/{run_id}/cancel'].post.requestBody).toBeUndefined()
})
