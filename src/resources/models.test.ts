import { expect, test } from 'vitest'
import { ModelFailure } from '../ports/model.ts'
import { createModels } from './models.ts'

const offered = [
  { id: 'qwen3:32b', created: 1_700_000_000, owned_by: 'library' },
  { id: 'gpt-4o', created: 0, owned_by: 'system' },
]
const models = createModels({ provider: { list: async () => offered } })

test('lists what the provider offers, without cursors', async () => {
  expect(JSON.parse(await models.list())).toEqual({
    object: 'list',
    data: [
      { id: 'qwen3:32b', object: 'model', created: 1_700_000_000, owned_by: 'library' },
      { id: 'gpt-4o', object: 'model', created: 0, owned_by: 'system' },
    ],
  })
})

test('gets one of them', async () => {
  expect(JSON.parse(await models.get('gpt-4o'))).toEqual({
    id: 'gpt-4o',
    object: 'model',
    created: 0,
    owned_by: 'system',
  })
})

test('knows no other, and lets nobody delete one', async () => {
  const unknown = (id: string) => ({
    status: 404,
    message: `The model '${id}' does not exist`,
    param: 'model',
    code: 'model_not_found',
  })
  await expect(models.get('gpt-9')).rejects.toMatchObject(unknown('gpt-9'))
  await expect(models.remove('gpt-4o')).rejects.toMatchObject(unknown('gpt-4o'))
})

test('says so when the provider cannot be asked', async () => {
  const list = () => Promise.reject(new ModelFailure('server_error', 'The upstream does not answer.'))
  await expect(createModels({ provider: { list } }).list()).rejects.toMatchObject({
    status: 503,
    type: 'server_error',
    message: 'The upstream does not answer.',
  })
})

test('leaves any other trouble as it is', async () => {
  const list = () => Promise.reject(new TypeError('a mistake of ours'))
  await expect(createModels({ provider: { list } }).list()).rejects.toThrow(TypeError)
})
