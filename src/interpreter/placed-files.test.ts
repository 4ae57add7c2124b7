import { expect, test } from 'vitest'
import { openResources, project, uploadFile } from '../../test/support/open-resources.ts'
import { placedFiles, type ThreadFiles } from './placed-files.ts'

type Opened = Awaited<ReturnType<typeof openResources>>

const thread_id = 'thread_1'

function place({ store }: Opened, file_ids: readonly string[]) {
  return placedFiles(store.read(project), { thread_id, file_ids })
}

async function remember({ store }: Opened, files: ThreadFiles): Promise<void> {
  const row = { thread_id, files: JSON.stringify(files), used_at: 0, node: null }
  await store.transaction(project, (tx) => tx.interpreters.put(row))
}

async function paths(opened: Opened, file_ids: readonly string[]): Promise<string[]> {
  return (await place(opened, file_ids)).map(({ path }) => path)
}

test('files lie under their names, each once, in order', async () => {
  await using opened = await openResources()
  const [b, a] = [
    await uploadFile(opened, { filename: 'b.csv' }),
    await uploadFile(opened, { filename: '../folder/a.csv' }),
  ]
  expect(await place(opened, [b, a, b])).toEqual([
    { file_id: b, path: 'b.csv' },
    { file_id: a, path: 'a.csv' },
  ])
})

test('names that are taken get a number', async () => {
  await using opened = await openResources()
  const names = ['a.csv', 'a.csv', 'a-2.csv', 'a.csv', 'noext', 'noext', 'x.tar.gz', 'x.tar.gz']
  const ids: string[] = []
  for (const filename of names) ids.push(await uploadFile(opened, { filename }))
  const wanted = ['a.csv', 'a-2.csv', 'a-2-2.csv', 'a-3.csv', 'noext', 'noext-2', 'x.tar.gz', 'x.tar-2.gz']
  expect(await paths(opened, ids)).toEqual(wanted)
})

test('no file lies where another is found by its id', async () => {
  await using opened = await openResources()
  const first = await uploadFile(opened)
  const impostor = await uploadFile(opened, { filename: first })
  expect(await paths(opened, [impostor, first])).toEqual([`${first}-2`, 'numbers.csv'])
})

test('files that are gone are left out', async () => {
  await using opened = await openResources()
  const [gone, there] = [await uploadFile(opened), await uploadFile(opened)]
  const written = await uploadFile(opened, { filename: 'out.csv' })
  await remember(opened, { given: [], wrote: [{ file_id: written, path: 'out.csv' }] })
  expect(await paths(opened, [gone, there])).toEqual(['numbers.csv', 'numbers-2.csv', 'out.csv'])
  for (const id of [gone, written]) await opened.files.remove(project, id)
  expect(await place(opened, [gone, there])).toEqual([{ file_id: there, path: 'numbers.csv' }])
})

test('a file keeps its place when others come and go', async () => {
  await using opened = await openResources()
  const [first, second, third] = [await uploadFile(opened), await uploadFile(opened), await uploadFile(opened)]
  await remember(opened, { given: await place(opened, [first, second]), wrote: [] })
  expect(await place(opened, [third, second])).toEqual([
    { file_id: third, path: 'numbers.csv' },
    { file_id: second, path: 'numbers-2.csv' },
  ])
})

test('what code wrote comes last and keeps its path and its folder from files that come later', async () => {
  await using opened = await openResources()
  const [out, deep] = [await uploadFile(opened, { filename: 'out.csv' }), await uploadFile(opened, { filename: 'x' })]
  const wrote = [
    { file_id: out, path: 'out.csv' },
    { file_id: deep, path: 'data/x' },
  ]
  await remember(opened, { given: [], wrote })
  const [later, folder] = [
    await uploadFile(opened, { filename: 'out.csv' }),
    await uploadFile(opened, { filename: 'data' }),
  ]
  expect(await place(opened, [later, out, folder])).toEqual([
    { file_id: later, path: 'out-2.csv' },
    { file_id: folder, path: 'data-2' },
    ...wrote,
  ])
})

test('what code made of a given file stands in its place, and the given file again when that is deleted', async () => {
  await using opened = await openResources()
  const [given, made] = [await uploadFile(opened), await uploadFile(opened)]
  const at = (file_id: string) => ({ file_id, path: 'numbers.csv' })
  await remember(opened, { given: [at(given)], wrote: [at(made)] })
  expect(await place(opened, [given])).toEqual([at(made)])
  await opened.files.remove(project, made)
  expect(await place(opened, [given])).toEqual([at(given)])
})

test('files of another project are not there', async () => {
  await using opened = await openResources()
  const file_id = await uploadFile(opened)
  const read = opened.store.read('other')
  expect(await placedFiles(read, { thread_id, file_ids: [file_id] })).toEqual([])
})
