import { expect, test } from 'vitest'
import { FakeEmbedder } from './support/fake-embedder.ts'
import { startUpstream } from './support/loopback-upstream.ts'
import { startServer } from './support/start-server.ts'

async function health(baseURL: string): Promise<unknown> {
  return (await fetch(new URL('/health', baseURL))).json()
}

test('without an embedding model the server says that it searches by keywords alone', async () => {
  await using server = await startServer()
  expect(await health(server.baseURL)).toMatchObject({ ok: true, file_search: 'keyword', embedding_space: null })
  expect(server.server.search).toMatchObject({
    kind: 'keyword',
    label: expect.stringContaining('REPRISE_EMBEDDING_MODEL'),
  })
})

test('with one it names the space', async () => {
  await using upstream = await startUpstream({ status: 200, body: { data: [{ index: 0, embedding: [3, 4] }] } })
  const env = { REPRISE_EMBEDDING_MODEL: 'small', REPRISE_EMBEDDING_URL: upstream.url }
  await using server = await startServer({ env })
  expect(await health(server.baseURL)).toMatchObject({ file_search: 'hybrid', embedding_space: '2/small' })
  expect(server.server.search.label).toContain('2 dimensions')
})

test('with one that cannot be had it does not start', async () => {
  const env = { REPRISE_EMBEDDING_MODEL: 'file:/nowhere/model.gguf' }
  await expect(startServer({ env })).rejects.toThrow('/nowhere/model.gguf cannot be read (ENOENT')
})

test('a part in its place is used instead', async () => {
  await using server = await startServer({ embedder: new FakeEmbedder({ dimensions: 64 }) })
  expect(await health(server.baseURL)).toMatchObject({ file_search: 'hybrid', embedding_space: '64/fake' })
})
