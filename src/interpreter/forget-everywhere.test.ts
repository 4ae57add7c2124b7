import { expect, test } from 'vitest'
import { FakeCluster } from '../../test/support/fake-cluster.ts'
import { createForgetEverywhere } from './forget-everywhere.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

function interpreters() {
  const forgotten: string[] = []
  return {
    forgotten,
    async forget(project: string, thread_id: string) {
      forgotten.push(`${project} ${thread_id}`)
    },
  }
}

test('every node forgets the thread once, also when it was deleted at a node without Python', async () => {
  const { bus } = new FakeCluster()
  const [one, other] = [interpreters(), interpreters()]
  const atOne = createForgetEverywhere({ interpreters: one, bus, log })
  const atOther = createForgetEverywhere({ interpreters: other, bus, log })
  const atDoor = createForgetEverywhere({ interpreters: undefined, bus, log })
  await atOne.forget('project', 'thread_1')
  await atDoor.forget('project', 'thread_2')
  expect(one.forgotten).toEqual(['project thread_1', 'project thread_2'])
  expect(other.forgotten).toEqual(one.forgotten)
  atOther.close()
  await atDoor.forget('project', 'thread_3')
  expect([one.forgotten.length, other.forgotten.length]).toEqual([3, 2])
})

test('where there is one process it forgets by itself', async () => {
  const own = interpreters()
  await createForgetEverywhere({ interpreters: own, bus: undefined, log }).forget('project', 'thread_1')
  expect(own.forgotten).toEqual(['project thread_1'])
})
