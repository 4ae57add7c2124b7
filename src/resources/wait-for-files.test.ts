import { expect, onTestFinished, test } from 'vitest'
import { endIngestion, openResources, parsed, project, uploadFile } from '../../test/support/open-resources.ts'
import { waitForFiles } from './wait-for-files.ts'

const patient = () => ({ signal: AbortSignal.timeout(10_000), timeoutMs: 10_000 })

async function storeWithFile() {
  const opened = await openResources()
  onTestFinished(() => opened[Symbol.asyncDispose]())
  const file_id = await uploadFile(opened)
  const { id } = await parsed(opened.vectorStores.create(project, { file_ids: [file_id] }))
  return { ...opened, file_id, id }
}

test('ends when the last file has ended', async () => {
  const opened = await storeWithFile()
  const { store, id, file_id } = opened
  const waiting = waitForFiles(store, project, id, patient())
  await endIngestion(opened, { vector_store_id: id, file_id })
  expect(await waiting).toBe(0)
})

test('says how many are left when time is up', async () => {
  const { store, id } = await storeWithFile()
  expect(await waitForFiles(store, project, id, { ...patient(), timeoutMs: 1 })).toBe(1)
})

test('waits for nothing in a store that does not exist', async () => {
  const { store } = await storeWithFile()
  expect(await waitForFiles(store, project, 'vs_missing', patient())).toBe(0)
})

test('can be interrupted', async () => {
  const { store, id } = await storeWithFile()
  const abort = new AbortController()
  const waiting = waitForFiles(store, project, id, { signal: abort.signal, timeoutMs: 10_000 })
  abort.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})
