import { expect, test } from 'vitest'
import { FakeEmbedder } from './fake-embedder.ts'

const signal = new AbortController().signal

async function nearness(embedder: FakeEmbedder, one: string, other: string): Promise<number> {
  const [a, b] = await embedder.embed([one, other], { kind: 'passage', signal })
  return a?.reduce((sum, value, index) => sum + value * (b?.[index] ?? 0), 0) ?? 0
}

test('gives unit vectors, near each other where words are shared', async () => {
  const embedder = new FakeEmbedder()
  expect(await nearness(embedder, 'How tall is the tower?', 'How tall is the tower?')).toBeCloseTo(1)
  expect(await nearness(embedder, 'the height of the tower', 'How tall is the tower?')).toBeGreaterThan(0.4)
  expect(await nearness(embedder, 'Refunds within thirty days', 'How tall is the tower?')).toBeLessThan(0.2)
  expect(await nearness(embedder, '', '')).toBeCloseTo(1)
})

test('another model is another space', async () => {
  const [one, other] = [new FakeEmbedder({ dimensions: 64 }), new FakeEmbedder({ dimensions: 64, model: 'second' })]
  expect([one.space, other.space]).toEqual(['64/fake', '64/second'])
  const options = { kind: 'query' as const, signal }
  expect(await one.embed(['tower'], options)).not.toEqual(await other.embed(['tower'], options))
})

test('remembers calls, fails when told to, and heeds the signal', async () => {
  let failure: Error | undefined
  const embedder = new FakeEmbedder({
    before: () => {
      if (failure) throw failure
    },
  })
  await embedder.embed(['a'], { kind: 'query', signal })
  expect(embedder.calls).toMatchObject([{ texts: ['a'], kind: 'query' }])
  failure = new Error('down')
  await expect(embedder.embed(['a'], { kind: 'query', signal })).rejects.toThrow('down')
  const aborted = AbortSignal.abort(new Error('enough'))
  await expect(embedder.embed(['a'], { kind: 'query', signal: aborted })).rejects.toThrow('enough')
})
