import type { Place } from '../database.ts'
import { call, closedLoop, closeLanes, type Lane, openLanes, type Reply, type Request } from '../loader.ts'
import type { Program } from '../program.ts'
import type { Bench } from '../scenario.ts'
import { startReprise } from '../server.ts'

/** A program that keeps messages, the floor or the server under test, with connections to drive it by. */
export interface MessageServer extends AsyncDisposable {
  readonly program: Program
  readonly lanes: Lane[]
  /** What was wrong with its replies; each kind of trouble once. */
  readonly problems: Set<string>
}

interface Page {
  data: { id: string }[]
  last_id: string | null
  has_more: boolean
}

/** The floor and the subject, started together. In a self check the subject is the floor again. */
export async function openMessageServers(bench: Bench, connections: number): Promise<[MessageServer, MessageServer]> {
  const [floor, subject] = await Promise.all([
    startFloor(bench),
    bench.newPlace().then((place) => startSubject(bench, place)),
  ])
  return [openMessageServer(floor, connections), openMessageServer(subject, connections)]
}

/** The floor F1 over an empty database. */
export async function startFloor({ database }: Bench): Promise<Program> {
  return database.startFloor(await database.newPlace())
}

export function startSubject({ self, database, entry }: Bench, place: Place): Promise<Program> {
  return self ? database.startFloor(place) : startReprise({ entry, ...place })
}

export function openMessageServer(program: Program, connections: number): MessageServer {
  const lanes = openLanes(program.origin, connections)
  async function dispose() {
    await closeLanes(lanes)
    await program.stop()
  }
  return { program, lanes, problems: new Set(), [Symbol.asyncDispose]: dispose }
}

/** A thread for each lane. */
export function createThreads({ lanes }: MessageServer): Promise<string[]> {
  return Promise.all(lanes.map((lane) => createThread(lane)))
}

async function createThread(lane: Lane): Promise<string> {
  const thread = await call<{ id: string }>(lane, { method: 'POST', path: '/v1/threads', body: '{}' })
  return thread.id
}

const words = 'The quick brown fox jumps over the lazy dog while the band plays on and nobody minds the rain. '

/** A message of some 200 characters, so that the stored object has about 600 bytes. */
export function newMessage(thread: string, number: number): Request {
  const body = JSON.stringify({ role: 'user', content: `${words}${words}Number ${number}.` })
  return { method: 'POST', path: `/v1/threads/${thread}/messages`, body }
}

/** Notes what is wrong with a reply: its status, or that it lacks what it must hold. */
export function inspect({ problems }: MessageServer, request: Request, reply: Reply, expected: string): void {
  if (reply.status !== 200) problems.add(`${request.method} answered ${reply.status}: ${reply.text.slice(0, 200)}`)
  else if (!reply.text.includes(expected)) problems.add(`a reply to ${request.method} lacks ${expected.slice(0, 60)}`)
}

/** A new thread with so many messages in it; their ids in the thread's order. */
export async function fillThread({ lanes }: MessageServer, count: number): Promise<{ thread: string; ids: string[] }> {
  const [lane] = lanes
  if (!lane) throw new Error('A message server without a connection')
  const thread = await createThread(lane)
  let next = 0
  async function fill(own: Lane) {
    while (next < count) await call(own, newMessage(thread, next++))
  }
  await Promise.all(lanes.map(fill))
  const ids = await readThread(lane, thread)
  if (ids.length !== count) throw new Error(`${count} messages were created, ${ids.length} are listed`)
  return { thread, ids }
}

/** Ids of all messages in a thread, oldest first, read page by page. */
export async function readThread(lane: Lane, thread: string): Promise<string[]> {
  const ids: string[] = []
  let after = ''
  for (;;) {
    const path = `/v1/threads/${thread}/messages?limit=100${after}`
    const page = await call<Page>(lane, { method: 'GET', path })
    ids.push(...page.data.map((message) => message.id))
    if (!page.has_more) return ids.reverse()
    after = `&after=${page.last_id}`
  }
}

/** Drives every lane with requests made one by one, and checks each reply. */
export function driveRequests(
  server: MessageServer,
  next: (lane: Lane) => { request: Request; expected: string; onReply?: (text: string) => void },
) {
  return (seconds: number) =>
    closedLoop(server.lanes, seconds, async (lane) => {
      const { request, expected, onReply } = next(lane)
      const reply = await lane.send(request)
      inspect(server, request, reply, expected)
      onReply?.(reply.text)
    })
}
