import type { Run } from '../api/run.ts'
import type { CodeOutput, ToolCall } from '../api/run-step.ts'
import type { InterpreterPart, Interpreters } from '../interpreter/interpreters.ts'
import type { PlacedFile } from '../interpreter/placed-files.ts'
import type { ModelTool } from '../ports/model.ts'
import type { SandboxLimits } from '../ports/sandbox.ts'
import { createCodeReader } from './code-arguments.ts'
import { reportOf } from './code-report.ts'
import type { RunMaterials, ServerCall, ServerTool, ToolContext, ToolResult } from './tool.ts'

/** How many files the model is told of by name. */
const namedFiles = 50

interface CodeInterpreterParts {
  interpreters: Interpreters
  limits: SandboxLimits
}

/** The `code_interpreter` tool: the model's Python runs in the thread's session, and what it prints is shown and read. */
export function createCodeInterpreter({ interpreters, limits }: CodeInterpreterParts): ServerTool {
  function offer(run: Run, { files }: RunMaterials): ModelTool | undefined {
    if (!run.tools.some(({ type }) => type === 'code_interpreter')) return undefined
    interpreters.prepare()
    const code = { type: 'string', description: 'Python source' }
    const parameters = { type: 'object', properties: { code }, required: ['code'], additionalProperties: false }
    return { name: 'code_interpreter', description: description(limits, files), parameters, strict: false }
  }

  function begin({ id }: Pick<ServerCall, 'id'>): ToolCall {
    return { id, type: 'code_interpreter', code_interpreter: { input: '', outputs: [] } }
  }

  async function carryOut(call: ServerCall, context: ToolContext): Promise<ToolResult> {
    const code = codeOf(call)
    if (code.trim() === '') return result('There was no code: give {"code": "…"} with Python source.')
    const { project, run, files, hold, signal } = context
    const parts = interpreters.run({ project, thread_id: run.thread_id, code, files, hold, signal })
    return show(parts, context.show)
  }

  /** Shows what comes of the code as it comes, and sums it up. */
  async function show(parts: AsyncIterable<InterpreterPart>, tell: (output: CodeOutput) => void): Promise<ToolResult> {
    const images: string[] = []
    let logs = ''
    for await (const part of parts) {
      switch (part.type) {
        case 'logs':
          logs += part.text
          tell({ type: 'logs', logs: part.text })
          break
        case 'image':
          images.push(part.file_id)
          tell({ type: 'image', image: { file_id: part.file_id } })
          break
        case 'end': {
          const { shown, read } = reportOf(part, { logs, images: images.length, limits })
          if (shown !== '') tell({ type: 'logs', logs: shown })
          return result(read, images, part.written)
        }
      }
    }
    throw new Error('the code ended without saying how')
  }

  return { type: 'code_interpreter', offer, readInput: createCodeReader, begin, carryOut }
}

function result(output: string, images: readonly string[] = [], files: readonly PlacedFile[] = []): ToolResult {
  return { output, passages: [], images, files }
}

function codeOf(call: ServerCall): string {
  const reader = createCodeReader()
  return reader.push(call.arguments) + reader.end()
}

function description({ seconds, memoryMegabytes }: SandboxLimits, files: readonly PlacedFile[]): string {
  return [
    'Runs Python and answers what it prints, standard output and errors, and the value of the last expression. Variables, imports and files last from one call to the next in this conversation.',
    `A call may take ${seconds} seconds, all together ${memoryMegabytes} MB of memory. There is no network.`,
    'To show a picture to the user, draw it with matplotlib and call plt.show(). To give a file to the user, write it to /mnt/data and link to it in your answer as [name](sandbox:/mnt/data/name).',
    filesThere(files),
  ].join('\n')
}

function filesThere(files: readonly PlacedFile[]): string {
  if (files.length === 0) return 'There are no files in /mnt/data yet.'
  const named = files.slice(-namedFiles).map(({ path, file_id }) => `/mnt/data/${path} (${file_id})`)
  const others = files.length > namedFiles ? ` and ${files.length - namedFiles} others` : ''
  return `Files that are there: ${named.join(', ')}${others}.`
}
