import type { Run } from '../api/run.ts'
import type { AskedCall } from './call-tools.ts'
import type { ServerTools } from './model-request.ts'
import type { HeldCall } from './record-turn.ts'
import type { ServerCall, TurnWriter } from './write-turn.ts'

/**
 * Holds the calls of a turn in which the model has tools of the server. Only the first of the server's own calls is
 * written down at once, since no two steps may be open: its code shows while the model writes it.
 */
export function holdCalls({ run, writer, serverTools }: { run: Run; writer: TurnWriter; serverTools: ServerTools }) {
  const calls: HeldCall[] = []
  let live: { readonly call: HeldCall; readonly step: ServerCall } | undefined

  async function begin(call: HeldCall): Promise<void> {
    calls.push(call)
    const tool = serverTools.get(call.name)
    const first = calls.findIndex(({ name }) => serverTools.has(name)) === calls.length - 1
    if (!tool?.readInput || !first) return
    live = { call, step: await writer.serverCall(tool.begin(call, run), tool.readInput()) }
  }

  function continued(text: string): void {
    const last = calls.at(-1)
    if (!last) throw new Error('arguments before their call')
    last.arguments += text
    if (live?.call === last) live.step.write(text)
  }

  /** The server's own calls and the functions, each in the model's order. */
  function held() {
    const serverCalls: AskedCall[] = []
    const functionCalls: HeldCall[] = []
    for (const call of calls) {
      const tool = serverTools.get(call.name)
      if (tool) serverCalls.push({ ...call, tool, step: live?.call === call ? live.step : undefined })
      else functionCalls.push(call)
    }
    return { serverCalls, functionCalls }
  }

  return { begin, continue: continued, held }
}
