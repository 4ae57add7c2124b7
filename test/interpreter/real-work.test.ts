import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type OpenAI from 'openai'
import { toFile } from 'openai/uploads'
import { describe, expect, it } from 'vitest'
import { ensureSandbox } from '../../scripts/ensure-sandbox.ts'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import { startServer, type TestServer } from '../support/start-server.ts'

const sandbox = await ensureSandbox()
const env = { REPRISE_SANDBOX: 'bubblewrap' }
const tools = [{ type: 'code_interpreter' as const }]

function code(...lines: string[]) {
  return { call: 'code_interpreter', arguments: { code: lines.join('\n') } }
}

/** A hundred thousand orders in three regions. */
function orders(): string {
  const rows = Array.from({ length: 100_000 }, (_, n) => `${n},${['north', 'south', 'west'][n % 3]},${n % 100}`)
  return `id,region,amount\n${rows.join('\n')}\n`
}

async function contentOf(client: OpenAI, file_id: string): Promise<Buffer> {
  return Buffer.from(await (await client.files.content(file_id)).arrayBuffer())
}

describe.skipIf('missing' in sandbox)('the code interpreter, with the official client', { timeout: 60_000 }, () => {
  it('groups a large table, plots it, writes a workbook, and reads that back in the next message', async () => {
    const turns: FakeTurn[] = [
      code(
        'import pandas as pd, matplotlib.pyplot as plt',
        'table = pd.read_csv("/mnt/data/orders.csv")',
        'totals = table.groupby("region")["amount"].sum()',
        'totals.plot.bar(title="Суммы 合計"); plt.show()',
        'totals.to_frame().to_excel("/mnt/data/totals.xlsx")',
        'totals',
      ),
      'The totals are in [the workbook](sandbox:/mnt/data/totals.xlsx).',
      code('print(int(pd.read_excel("/mnt/data/totals.xlsx")["amount"].sum()), len(table))'),
      'They add up.',
    ]
    await using server = await startServer({ model: new FakeModel(turns), env })
    const { client } = server
    const file = await client.files.create({
      file: await toFile(Buffer.from(orders()), 'orders.csv'),
      purpose: 'assistants',
    })
    const assistant = await client.beta.assistants.create({ model: 'any', tools })
    const thread = await client.beta.threads.create({
      messages: [{ role: 'user', content: 'Sum up.', attachments: [{ file_id: file.id, tools }] }],
    })
    const seen: string[] = []
    const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
    stream.on('toolCallCreated', ({ type }) => seen.push(`created ${type}`))
    stream.on('toolCallDelta', (delta) => {
      if (delta.type !== 'code_interpreter') return
      for (const output of delta.code_interpreter?.outputs ?? []) seen.push(output.type)
    })
    stream.on('toolCallDone', ({ type }) => seen.push(`done ${type}`))
    stream.on('imageFileDone', () => seen.push('image part'))
    const run = await stream.finalRun()
    expect(run.status).toBe('completed')
    expect(seen[0]).toBe('created code_interpreter')
    expect(new Set(seen)).toEqual(
      new Set(['created code_interpreter', 'image', 'logs', 'done code_interpreter', 'image part']),
    )
    const [step] = await stream.finalRunSteps()
    if (step?.step_details.type !== 'tool_calls') throw new Error('the first step has no calls')
    const [call] = step.step_details.tool_calls
    if (call?.type !== 'code_interpreter') throw new Error('the first call is no code')
    const printed = call.code_interpreter.outputs.map((output) => (output.type === 'logs' ? output.logs : '')).join('')
    expect(printed).toContain('north')
    expect(printed).not.toMatch(/warning|Traceback/i)

    const [message] = await stream.finalMessages()
    const [image, text] = message?.content ?? []
    if (image?.type !== 'image_file' || text?.type !== 'text') throw new Error('the message has other parts')
    const png = await contentOf(client, image.image_file.file_id)
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect(png.length).toBeGreaterThan(5000)
    const [link] = text.text.annotations
    if (link?.type !== 'file_path') throw new Error('the text has no link')
    const workbook = await contentOf(client, link.file_path.file_id)
    expect(workbook.subarray(0, 2).toString()).toBe('PK')

    await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'Check it.' })
    const second = await client.beta.threads.runs.createAndPoll(
      thread.id,
      { assistant_id: assistant.id },
      { pollIntervalMs: 20 },
    )
    expect(await logsOf(client, thread.id, second.id)).toEqual(['4950000 100000\n'])
  })

  it('repairs a traceback', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-script-'))
    const script = join(folder.path, 'script.yaml')
    await writeFile(
      script,
      `rules:
  - match: { tool_output: ZeroDivisionError }
    reply: { tool_calls: [{ name: code_interpreter, arguments: { code: "print('mean', 84 / len([1, 2]))" } }] }
  - match: { tool_output: "mean 42.0" }
    reply: The mean is 42.
  - match: mean
    reply: { tool_calls: [{ name: code_interpreter, arguments: { code: "84 / len([])" } }] }
`,
    )
    await using server = await startServer({ env: { ...env, REPRISE_SCRIPT: script } })
    const { run, thread_id } = await runOnce(server, 'What is the mean?')
    expect(run.status).toBe('completed')
    const logs = await logsOf(server.client, thread_id, run.id)
    expect(logs).toEqual([
      expect.stringMatching(/^Traceback[\s\S]*ZeroDivisionError: division by zero\s*$/),
      'mean 42.0\n',
    ])
  })

  it('keeps three threads at once apart', async () => {
    const model = new FakeModel((request) => {
      const outputs = request.messages.filter(({ role }) => role === 'tool')
      if (outputs.length > 0) return 'Done.'
      const said = JSON.stringify(request.messages)
      const name = /mine-\w+/.exec(said)?.[0] ?? 'none'
      return code(
        'import os, time',
        'before = os.listdir("/mnt/data"), globals().get("secret")',
        `secret = "${name}"; open("/mnt/data/${name}.txt", "w").write(secret)`,
        'time.sleep(0.3)',
        'print(before, secret, os.listdir("/mnt/data"))',
      )
    })
    await using server = await startServer({ model, env })
    const names = ['mine-one', 'mine-two', 'mine-three']
    const all = await Promise.all(names.map((name) => runOnce(server, name)))
    const logs = await Promise.all(all.map(({ run, thread_id }) => logsOf(server.client, thread_id, run.id)))
    expect(logs).toEqual(names.map((name) => [`([], None) ${name} ['${name}.txt']\n`]))
  })

  it('answers a first call quickly where a session is prepared, and leaves nothing behind', async () => {
    const model = new FakeModel([code('import numpy; numpy.arange(4).sum()'), 'Six.'])
    await using server = await startServer({ model, env: { ...env, REPRISE_SANDBOX_PREPARED: '1' } })
    const { run, thread_id } = await runOnce(server, 'Sum.')
    expect(await logsOf(server.client, thread_id, run.id)).toEqual(['6\n'])
  })
})

async function runOnce({ client }: TestServer, content: string) {
  const assistant = await client.beta.assistants.create({ model: 'any', tools })
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content }] })
  const request = { assistant_id: assistant.id }
  const run = await client.beta.threads.runs.createAndPoll(thread.id, request, { pollIntervalMs: 20 })
  return { run, thread_id: thread.id }
}

async function logsOf(client: OpenAI, thread_id: string, run_id: string): Promise<string[]> {
  const steps = await client.beta.threads.runs.steps.list(run_id, { thread_id, order: 'asc' })
  return steps.data.flatMap(({ step_details }) => {
    if (step_details.type !== 'tool_calls') return []
    return step_details.tool_calls.flatMap((call) => {
      if (call.type !== 'code_interpreter') return []
      return [call.code_interpreter.outputs.map((output) => (output.type === 'logs' ? output.logs : '')).join('')]
    })
  })
}
