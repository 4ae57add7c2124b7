import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Overdue } from '../ports/store.ts'
import { createSweeper } from './sweeper.ts'

const nothing: Overdue = { runs: [], files: [], uploads: [], vectorStores: [] }

function rows(...ids: string[]) {
  return ids.map((id) => ({ project: 'p', id }))
}

describe('sweeper', () => {
  const expire = { run: vi.fn(), file: vi.fn(), upload: vi.fn(), vectorStore: vi.fn() }
  const overdue = vi.fn<(now: number, limit: number) => Promise<Overdue>>()
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const now = () => Math.floor(Date.now() / 1000)
  const sweeper = () => createSweeper({ store: { overdue }, now, expire, log })

  beforeEach(() => {
    vi.useFakeTimers()
    vi.resetAllMocks()
    overdue.mockResolvedValue(nothing)
  })
  afterEach(() => vi.useRealTimers())

  it('ends what is overdue, of each kind', async () => {
    overdue.mockResolvedValueOnce({
      runs: rows('run_1', 'run_2'),
      files: rows('file-1'),
      uploads: rows('upload_1'),
      vectorStores: rows('vs_1'),
    })
    await sweeper().sweep()
    expect(overdue).toHaveBeenCalledWith(now(), 1000)
    expect(expire.run.mock.calls).toEqual([
      ['p', 'run_1'],
      ['p', 'run_2'],
    ])
    expect(expire.file.mock.calls).toEqual([['p', 'file-1']])
    expect(expire.upload.mock.calls).toEqual([['p', 'upload_1']])
    expect(expire.vectorStore.mock.calls).toEqual([['p', 'vs_1']])
  })

  it('ends the others too when one cannot be ended', async () => {
    overdue.mockResolvedValueOnce({
      runs: rows('broken', 'run_2'),
      files: rows('file-1'),
      uploads: [],
      vectorStores: [],
    })
    expire.run.mockRejectedValueOnce(new Error('not JSON'))
    await sweeper().sweep()
    expect(expire.run).toHaveBeenLastCalledWith('p', 'run_2')
    expect(expire.file).toHaveBeenCalledOnce()
    expect(log.error).toHaveBeenCalledOnce()
  })

  it('sweeps every second, one sweep at a time', async () => {
    const slow = Promise.withResolvers<Overdue>()
    overdue.mockReturnValueOnce(slow.promise)
    const sweeping = sweeper()
    sweeping.start()
    await vi.advanceTimersByTimeAsync(3000)
    expect(overdue).toHaveBeenCalledOnce()
    slow.resolve(nothing)
    await vi.advanceTimersByTimeAsync(2000)
    expect(overdue).toHaveBeenCalledTimes(3)
    await sweeping.stop()
    await vi.advanceTimersByTimeAsync(5000)
    expect(overdue).toHaveBeenCalledTimes(3)
  })

  it('goes on after a sweep that failed', async () => {
    overdue.mockRejectedValueOnce(new Error('no database'))
    const sweeping = sweeper()
    sweeping.start()
    await vi.advanceTimersByTimeAsync(2000)
    expect(overdue).toHaveBeenCalledTimes(2)
    expect(log.error).toHaveBeenCalledOnce()
    await sweeping.stop()
  })

  it('stops only when a sweep under way is over', async () => {
    const ending = Promise.withResolvers<void>()
    overdue.mockResolvedValueOnce({ ...nothing, runs: rows('run_1') })
    expire.run.mockReturnValueOnce(ending.promise)
    const sweeping = sweeper()
    sweeping.start()
    await vi.advanceTimersByTimeAsync(1000)
    const stopped = vi.fn()
    const stopping = sweeping.stop().then(stopped)
    await vi.advanceTimersByTimeAsync(1000)
    expect(stopped).not.toHaveBeenCalled()
    ending.resolve()
    await stopping
  })
})
