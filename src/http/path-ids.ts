import { badRequest } from '../api/error.ts'

/** What the ids of a path begin with. Files, uploads and models are looked up whatever they look like. */
const prefixes: Record<string, string> = {
  assistant_id: 'asst',
  thread_id: 'thread',
  message_id: 'msg',
  run_id: 'run',
  step_id: 'step',
  vector_store_id: 'vs',
  batch_id: 'vsfb',
}

/** Refuses the id of another kind of object, and words like `undefined`, before anything is looked up. */
export function requireIdPrefix(param: string, id: string): void {
  const prefix = prefixes[param]
  if (prefix === undefined || id.startsWith(prefix)) return
  throw badRequest(`Invalid '${param}': '${id}'. Expected an ID that begins with '${prefix}'.`, {
    param,
    code: 'invalid_value',
  })
}
