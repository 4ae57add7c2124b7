import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeApp, tokenEvent } from '../../../test/support/fake-app.ts'
import { FakeCluster } from '../../../test/support/fake-cluster.ts'
import { until } from '../../../test/support/open-application.ts'
import type { StreamEvent } from '../../api/stream-event.ts'
import { createListener } from '../../http/listener.ts'
import type { Elsewhere, LentLogs, RunEvents, RunLog } from '../../ports/events.ts'
import { createInProcessEvents } from './in-process.ts'
import { createPeerEvents } from './peer-events.ts'
import { createPeerReader } from './peer-reader.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const done: StreamEvent = { event: 'done', data: '[DONE]' }
const secret = 'of the nodes'

function said(message: string): StreamEvent {
  const inner = { message, type: 'server_error', param: null, code: null } as const
  return { event: 'error', data: { error: inner, ...inner } }
}

interface TestNode {
  readonly id: string
  readonly events: RunEvents & LentLogs
  readonly http: Server
}

describe('run events of two nodes', () => {
  let cluster: FakeCluster
  let here: TestNode
  let there: TestNode
  const closing: (() => Promise<unknown>)[] = []

  beforeEach(async () => {
    cluster = new FakeCluster()
    here = await startNode('node_here')
    there = await startNode('node_there')
  })
  afterEach(async () => {
    vi.useRealTimers()
    for (const close of closing.splice(0)) await close()
  })

  async function startNode(id: string): Promise<TestNode> {
    const reader = createPeerReader({ secret })
    const events = createPeerEvents({ local: createInProcessEvents(), self: id, cluster, reader, log })
    const { app } = createFakeApp({ internal: { logs: events, secret } })
    const http = createServer(createListener(app, log)).listen(0, '127.0.0.1')
    await once(http, 'listening')
    closing.push(async () => {
      events.close([done])
      await reader.close()
      http.closeAllConnections()
      http.close()
    })
    await cluster.nodes.beat({ id, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, role: 'all' })
    return { id, events, http }
  }

  /** A run that waits in the queue and is followed here. */
  function followHere(first = said('queued')) {
    cluster.wait('job_1', 'run_1')
    const runLog = here.events.open('run_1', first)
    const leaving = new AbortController()
    const asked: { heard: boolean }[] = []
    const elsewhere: Elsewhere = {
      project: 'default',
      job_id: 'job_1',
      async rest(options) {
        asked.push(options)
        return [said('rest'), done]
      },
    }
    const told: StreamEvent[] = []
    const over = collect(runLog, { signal: leaving.signal, elsewhere }, told)
    return { runLog, asked, told, over, leave: () => leaving.abort() }
  }

  function executeThere(): RunLog {
    cluster.take('job_1', 'run_1', { node: there.id })
    return there.events.openLent('run_1', 'job_1')
  }

  it('are read where they execute, whole and in order, from before somebody asked', async () => {
    const { over, told, asked } = followHere()
    const runLog = executeThere()
    runLog.append(said('one'), said('two'))
    await until(() => told.length === 3)
    runLog.append(said('three'))
    await until(() => told.length === 4)
    runLog.append(done)
    expect(await over).toEqual([said('queued'), said('one'), said('two'), said('three'), done])
    expect(asked).toEqual([])
  })

  it('are kept for a follower who comes when the run is over', async () => {
    const { over } = followHere()
    executeThere().append(tokenEvent('quick'), done)
    cluster.jobs.delete('job_1')
    expect(await over).toEqual([said('queued'), tokenEvent('quick'), done])
  })

  it('end as the rows say when nobody knows the run any more', async () => {
    const { over, asked } = followHere()
    cluster.jobs.delete('job_1')
    expect(await over).toEqual([said('queued'), said('rest'), done])
    expect(asked).toEqual([{ heard: false }])
  })

  it('end when the node breaks off, and are not begun again', async () => {
    const { over, told, asked } = followHere()
    executeThere().append(said('one'))
    await until(() => told.length === 2)
    there.http.closeAllConnections()
    expect(await over).toEqual([said('queued'), said('one'), said('rest'), done])
    expect(asked).toEqual([{ heard: true }])
  })

  it('go on with the next holder when the first has said nothing', async () => {
    const { over, asked } = followHere()
    cluster.take('job_1', 'run_1', { node: 'node_dead' })
    await until(() => cluster.asked > 1)
    executeThere().append(said('one'), done)
    expect(await over).toEqual([said('queued'), said('one'), done])
    expect(asked).toEqual([])
  })

  it('stay here when the run comes to execute here', async () => {
    const { over, runLog } = followHere()
    const stop = here.events.onInterrupt('run_1', () => {})
    expect(here.events.current('run_1')?.over()).toBe(false)
    cluster.jobs.delete('job_1') // as if a look were late
    here.events.current('run_1')?.append(said('own'), done)
    stop()
    expect(await over).toEqual([said('queued'), said('own'), done])
    expect(runLog.over()).toBe(true)
  })

  it('end when a run comes here that was heard from elsewhere', async () => {
    const { over, told, asked } = followHere()
    executeThere().append(said('one'))
    await until(() => told.length === 2)
    expect(here.events.current('run_1')).toBeUndefined()
    here.events.onInterrupt('run_1', () => {})
    expect(here.events.current('run_1')).toBeUndefined()
    expect(await over).toEqual([said('queued'), said('one'), said('rest'), done])
    expect(asked).toEqual([{ heard: true }])
  })

  it('are let go when nobody follows any more, and then nothing is asked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { told, leave, over } = followHere()
    executeThere().append(said('one'))
    await vi.advanceTimersByTimeAsync(100)
    await until(() => told.length === 2)
    leave()
    await over
    expect(here.events.current('run_1')).toBeUndefined()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(cluster.asked).toBe(1)
  })

  it('cost no question while runs execute where they are followed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const runLog = here.events.open('run_2', said('queued'))
    const stop = here.events.onInterrupt('run_2', () => {})
    const elsewhere = { project: 'default', job_id: 'job_2', rest: async () => [done] }
    const over = collect(runLog, { signal: new AbortController().signal, elsewhere }, [])
    await vi.advanceTimersByTimeAsync(10_000)
    runLog.append(done)
    stop()
    await over
    expect(cluster.asked).toBe(0)
  })

  describe('an interruption', () => {
    const heard: string[] = []
    beforeEach(() => {
      heard.length = 0
      there.events.onInterrupt('run_1', (reason) => heard.push(reason))
    })

    it('reaches the node that executes the run', async () => {
      cluster.take('job_1', 'run_1', { node: there.id })
      expect(await here.events.interrupt('default', 'run_1', 'cancelled')).toBe(true)
      expect(heard).toEqual(['cancelled'])
    })

    it('reaches nobody where the run waits, or its holder let the lease lapse', async () => {
      cluster.wait('job_1', 'run_1')
      expect(await here.events.interrupt('default', 'run_1', 'cancelled')).toBe(false)
      cluster.take('job_1', 'run_1', { node: there.id, seconds: -1 })
      expect(await here.events.interrupt('default', 'run_1', 'cancelled')).toBe(false)
      cluster.take('job_1', 'run_1', { node: here.id })
      expect(await here.events.interrupt('default', 'run_1', 'cancelled')).toBe(false)
      expect(heard).toEqual([])
    })

    it('by deletion is called out, though the job went with the run', async () => {
      expect(await here.events.interrupt('default', 'run_1', 'deleted')).toBe(false)
      expect(heard).toEqual(['deleted'])
    })
  })
})

async function collect(runLog: RunLog, options: Parameters<RunLog['follow']>[0], told: StreamEvent[]) {
  for await (const event of runLog.follow(options)) told.push(event)
  return told
}
