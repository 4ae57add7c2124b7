/**
 * What several processes need that work on one database: to know each other, to call out to each other, and to find
 * whoever carries out a job. A store that belongs to one process has none.
 */
export interface Cluster {
  readonly nodes: Nodes
  readonly bus: Bus
  /** Who holds these jobs; one that is done is missing. One query, however many they are. */
  holders(jobs: readonly { project: string; id: string }[]): Promise<Holder[]>
  /** The same for the jobs about this subject. */
  holdersAbout(project: string, subject: string): Promise<Holder[]>
}

/** One process, as the others see it. */
export interface Node {
  readonly id: string
  /** Where its peers reach it: `http://host:port`. */
  readonly url: string
  readonly role: NodeRole
}

/** `api` takes requests and carries out no jobs; `worker` does nothing but carry out jobs. */
export type NodeRole = 'all' | 'api' | 'worker'

/** A node that was not seen for so long is dead, as far as the others can tell. */
const deadAfterMs = 20_000

/** Since when a node has to have been seen to be alive at `now`; both in Unix milliseconds. */
export function livingSince(now: number): number {
  return now - deadAfterMs
}

export interface Nodes {
  /** Notes that this node lives at `now`, in Unix milliseconds. */
  beat(node: Node, now: number): Promise<void>
  /** The nodes that lived at `since` or later. */
  living(since: number): Promise<Node[]>
  remove(id: string): Promise<void>
  /** Forgets nodes that were last seen before. */
  removeUnseen(before: number): Promise<void>
  /** What all nodes know and nobody else: `candidate`, or what another node put forward before. */
  secret(candidate: string): Promise<string>
}

/** Calls out to every node, this one included. Who does not listen at that moment misses it. */
export interface Bus {
  publish(channel: string, payload: string): Promise<void>
  /** Returns the way to stop listening. */
  listen(channel: string, listener: (payload: string) => void): () => void
}

export interface Holder {
  /** The job's. */
  readonly id: string
  /** Null while the job waits; see `nodeOf`. */
  readonly owner: string | null
  /** Unix milliseconds. */
  readonly until: number | null
}

/** The owner of a node's leases for one kind of work, so that a lease names its node. */
export function ownerOf(node: string, work: string): string {
  return `${node}/${work}`
}

/** The node that a lease's owner belongs to. */
export function nodeOf(owner: string): string {
  return owner.split('/')[0] ?? owner
}
