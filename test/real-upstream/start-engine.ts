import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { install } from './install.ts'
import { writeTinyModel } from './write-model.ts'

/** A real model behind an OpenAI-compatible URL. The first call on a machine installs it from the npm registry. */
export async function startEngine(): Promise<{ url: string; model: string } & AsyncDisposable> {
  await install()
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reprise-real-upstream-'))
  undo.defer(() => rm(folder, { recursive: true, force: true }))
  const modelPath = join(folder, 'model.gguf')
  await writeTinyModel(modelPath)

  const program = join(import.meta.dirname, 'engine.ts')
  // Nothing is said over the IPC channel; it breaks when this process ends, however it does, and the engine ends then.
  const engine = spawn(process.execPath, [program, modelPath], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  undo.defer(() => stop(engine))
  const { url, model } = await readReadyLine(engine)
  const lifetime = undo.move()
  return { url, model, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

async function readReadyLine(engine: ChildProcess): Promise<{ url: string; model: string }> {
  assert(engine.stdout)
  for await (const line of createInterface({ input: engine.stdout })) return JSON.parse(line)
  throw new Error('The real upstream ended before it was ready; its standard error says why.')
}

async function stop(engine: ChildProcess) {
  if (engine.exitCode !== null || engine.signalCode !== null) return
  engine.kill('SIGTERM')
  await once(engine, 'exit')
}
