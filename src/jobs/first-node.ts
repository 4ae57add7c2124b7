import { livingSince, type Nodes } from '../ports/cluster.ts'

/**
 * Asks whether it is this node that does what one node is to do for all: the first by id of those that live and carry out
 * jobs. For a moment two may hold themselves to be it, when a node comes or goes.
 */
export function createFirstNode({ nodes, self }: { nodes: Pick<Nodes, 'living'>; self: string }) {
  return async function isFirst(): Promise<boolean> {
    const living = await nodes.living(livingSince(Date.now()))
    return living.every(({ id, role }) => role === 'api' || id >= self)
  }
}
