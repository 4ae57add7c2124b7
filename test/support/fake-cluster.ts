import { type Bus, type Cluster, type Holder, type Node, ownerOf } from '../../src/ports/cluster.ts'

interface FakeJob extends Holder {
  readonly subject: string
}

/** What nodes share, in memory: for events of several nodes without a database. */
export class FakeCluster implements Cluster {
  readonly jobs = new Map<string, FakeJob>()
  readonly living: Node[] = []
  /** How often somebody has asked who holds jobs. */
  asked = 0
  readonly #listeners = new Set<{ channel: string; listener: (payload: string) => void }>()

  readonly nodes = {
    beat: async (node: Node) => {
      if (!this.living.some(({ id }) => id === node.id)) this.living.push(node)
    },
    living: async () => [...this.living],
    remove: async (id: string) => {
      const place = this.living.findIndex((node) => node.id === id)
      if (place >= 0) this.living.splice(place, 1)
    },
    removeUnseen: async () => {},
    secret: async (candidate: string) => candidate,
  }

  readonly bus: Bus = {
    publish: async (channel, payload) => {
      for (const one of this.#listeners) if (one.channel === channel) one.listener(payload)
    },
    listen: (channel, listener) => {
      const one = { channel, listener }
      this.#listeners.add(one)
      return () => this.#listeners.delete(one)
    },
  }

  /** A job that waits. */
  wait(id: string, subject: string): void {
    this.jobs.set(id, { id, subject, owner: null, until: null })
  }

  /** A job that this node has, with a lease that lapses in so many seconds. */
  take(id: string, subject: string, { node, seconds = 20 }: { node: string; seconds?: number }): void {
    this.jobs.set(id, { id, subject, owner: ownerOf(node, 'runs'), until: Date.now() + seconds * 1000 })
  }

  async holders(jobs: readonly { id: string }[]): Promise<Holder[]> {
    this.asked += 1
    return jobs.flatMap(({ id }) => this.jobs.get(id) ?? [])
  }

  async holdersAbout(_project: string, subject: string): Promise<Holder[]> {
    return [...this.jobs.values()].filter((job) => job.subject === subject)
  }
}
