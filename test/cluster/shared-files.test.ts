import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toFile } from 'openai'
import { expect, it } from 'vitest'
import { ensureS3 } from '../../scripts/ensure-s3.ts'
import { ensureSandbox } from '../../scripts/ensure-sandbox.ts'
import { noPostgres } from '../support/postgres.ts'
import { startS3Server } from '../support/s3-server.ts'
import { type ClusterNode, startCluster } from './start-cluster.ts'

const s3 = await ensureS3()
const sandbox = await ensureSandbox()

const script = `rules:
  - match: { after_tool_output: true }
    reply: "It says: {{tool_output}}"
  - match: Run
    reply: { tool_calls: [{ name: code_interpreter, arguments: { code: "print(open('/mnt/data/notes.txt').read())" } }] }
  - match: Search
    reply: { tool_calls: [{ name: file_search, arguments: { query: quokka } }] }
`
const text = 'The quokka lives on Rottnest.'

it.skipIf(noPostgres || 'missing' in s3 || 'missing' in sandbox)(
  'nodes that share a bucket and nothing else read, search and compute with the files of one another',
  { timeout: 60_000 },
  async () => {
    if ('missing' in s3) return
    await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-shared-'))
    await writeFile(join(folder.path, 'script.yaml'), script)
    await using server = await startS3Server(s3)
    const bucket = await server.makeBucket()
    const alone = (name: string) => ({
      ...server.environment(bucket),
      REPRISE_DATA_DIR: join(folder.path, name),
      REPRISE_SCRIPT: join(folder.path, 'script.yaml'),
      REPRISE_UPSTREAM_URL: '',
      REPRISE_SANDBOX: 'bubblewrap',
      REPRISE_SANDBOX_PREPARED: '0',
      REPRISE_DOWNLOAD_ANY_FILE: 'true',
    })
    await using cluster = await startCluster([alone('first'), alone('second'), alone('third')])
    const [first, second, third] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode]

    const notes = await toFile(Buffer.from(text), 'notes.txt')
    const { id: file_id } = await first.client.files.create({ file: notes, purpose: 'assistants' })
    for (const { client } of [second, third]) {
      expect(await (await client.files.content(file_id)).text()).toBe(text)
    }

    const { id: vector_store_id } = await second.client.vectorStores.create({})
    await second.client.vectorStores.files.createAndPoll(vector_store_id, { file_id }, { pollIntervalMs: 50 })
    for (const { client } of cluster.nodes) {
      const { data } = await client.vectorStores.search(vector_store_id, { query: 'quokka' })
      expect(data.map(({ file_id, content }) => [file_id, content[0]?.text])).toEqual([[file_id, text]])
    }

    const { id: assistant_id } = await first.client.beta.assistants.create({
      model: 'scripted',
      tools: [{ type: 'code_interpreter' }, { type: 'file_search' }],
      tool_resources: {
        code_interpreter: { file_ids: [file_id] },
        file_search: { vector_store_ids: [vector_store_id] },
      },
    })
    for (const node of cluster.nodes) {
      for (const asked of ['Run', 'Search']) expect(await answer(node, assistant_id, asked)).toContain(text)
    }

    await third.client.files.delete(file_id)
    expect(await server.contents(bucket.bucket)).toEqual({ objects: [], unfinished: [] })
    for (const { client } of cluster.nodes) {
      await expect(client.files.content(file_id)).rejects.toMatchObject({ status: 404 })
      expect((await client.vectorStores.search(vector_store_id, { query: 'quokka' })).data).toEqual([])
    }
  },
)

async function answer({ client }: ClusterNode, assistant_id: string, asked: string): Promise<string> {
  const { threads } = client.beta
  const run = await threads.createAndRunPoll(
    { assistant_id, thread: { messages: [{ role: 'user', content: asked }] } },
    { pollIntervalMs: 50 },
  )
  expect([run.status, run.last_error]).toEqual(['completed', null])
  const { data } = await threads.messages.list(run.thread_id, { run_id: run.id })
  return data.flatMap(({ content }) => content.map((part) => (part.type === 'text' ? part.text.value : ''))).join('')
}
