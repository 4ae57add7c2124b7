import type { Log } from '../lib/log.ts'
import type { Node, Nodes } from '../ports/cluster.ts'

const beatSeconds = 5
/** Rows of nodes that were not seen for so long are removed; they count as dead much sooner. */
const forgottenAfterSeconds = 600

/** A node's place among the others. */
export interface Membership {
  /** From now on the others know of this node. */
  join(node: Node): Promise<void>
  leave(): Promise<void>
}

/** Keeps a node on the list of nodes for as long as it lives, and takes those off that are long dead. */
export function createMembership({ nodes, log }: { nodes: Nodes; log: Log }): Membership {
  let timer: NodeJS.Timeout | undefined
  let joined: Node | undefined
  let beating = Promise.resolve()

  async function join(node: Node): Promise<void> {
    await nodes.beat(node, Date.now())
    joined = node
    timer = setInterval(() => (beating = beat(node)), beatSeconds * 1000).unref()
  }

  async function beat(node: Node): Promise<void> {
    try {
      await nodes.beat(node, Date.now())
      await nodes.removeUnseen(Date.now() - forgottenAfterSeconds * 1000)
    } catch (error) {
      log.error({ err: error }, 'sign of life failed')
    }
  }

  async function leave(): Promise<void> {
    clearInterval(timer)
    await beating // or it might put the node on the list again
    if (!joined) return
    try {
      await nodes.remove(joined.id)
    } catch (error) {
      log.warn({ err: error }, 'leaving the list of nodes failed; the others take this one off it')
    }
  }

  return { join, leave }
}
