import { livingSince, type Node, type Nodes } from '../../ports/cluster.ts'

/** How long an answer about who lives is good. */
const freshMs = 1_000

/** The other nodes, as they were known a moment ago. */
export interface Peers {
  /** Those that live and carry out jobs. */
  working(): Promise<readonly Node[]>
  find(id: string): Promise<Node | undefined>
}

/** `self` is left out. */
export function createPeers({ nodes, self }: { nodes: Pick<Nodes, 'living'>; self: string }): Peers {
  let known: Promise<readonly Node[]> = Promise.resolve([])
  let askedAt = Number.NEGATIVE_INFINITY

  function others(): Promise<readonly Node[]> {
    const now = performance.now()
    if (now - askedAt < freshMs) return known
    askedAt = now
    known = ask()
    return known
  }

  async function ask(): Promise<readonly Node[]> {
    try {
      const living = await nodes.living(livingSince(Date.now()))
      return living.filter(({ id }) => id !== self)
    } catch (error) {
      askedAt = Number.NEGATIVE_INFINITY
      throw error
    }
  }

  return {
    working: async () => (await others()).filter(({ role }) => role !== 'api'),
    find: async (id) => (await others()).find((node) => node.id === id),
  }
}
