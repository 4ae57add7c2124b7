import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openResources, parsed, piecesOf, project } from '../../test/support/open-resources.ts'
import { BlobTooLarge } from '../ports/blobs.ts'
import { createOutputFiles } from './output-files.ts'

async function blobsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'blobs'), { recursive: true })
  return names.flatMap((name) => name.split('/')[1] ?? [])
}

const output = (text: string) => ({ data: piecesOf(text), maxBytes: 10, filename: () => 'out.csv' })

test('a file is there once it is recorded, and can be downloaded', async () => {
  await using opened = await openResources()
  const outputs = createOutputFiles(opened)
  const [file, empty] = [await outputs.write(output('1,2')), await outputs.write(output(''))]
  await expect(opened.files.get(project, file.id)).rejects.toThrow('No such File')
  await outputs.record(project, [file, empty])
  expect(await parsed(opened.files.get(project, file.id))).toEqual(file)
  expect(file).toMatchObject({ purpose: 'assistants_output', filename: 'out.csv', bytes: 3, expires_at: null })
  const { data } = await opened.files.content(project, file.id)
  expect(await new Response(data).text()).toBe('1,2')
  expect(await parsed(opened.files.get(project, empty.id))).toMatchObject({ bytes: 0 })
})

test('a name may come from the id', async () => {
  await using opened = await openResources()
  const file = await createOutputFiles(opened).write({ ...output('1'), filename: (id) => `${id}.png` })
  expect(file.filename).toBe(`${file.id}.png`)
})

test('too many bytes leave nothing', async () => {
  await using opened = await openResources()
  await expect(createOutputFiles(opened).write(output('12345678901'))).rejects.toThrow(BlobTooLarge)
  expect(await blobsIn(opened.folder)).toEqual([])
})

test('what cannot be recorded leaves nothing, no row and no bytes', async () => {
  await using opened = await openResources()
  const outputs = createOutputFiles(opened)
  const files = [await outputs.write(output('1')), await outputs.write(output('2'))]
  const recording = outputs.record(project, files, () => Promise.reject(new Error('refused')))
  await expect(recording).rejects.toThrow('refused')
  expect(await blobsIn(opened.folder)).toEqual([])
  for (const { id } of files) expect(await opened.store.read(project).files.get(id)).toBeUndefined()
})
