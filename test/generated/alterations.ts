import { at, isObject, type Json, type JsonObject, listAt } from '../support/json.ts'
import type { Alteration } from './altering-proxy.ts'

/** A reply that is not quite right, and what a strict client makes of it. */
export interface Trial {
  readonly about: 'step' | 'run' | 'message'
  readonly alter: Alteration
  /** What it raises; undefined when it takes the reply. */
  readonly raises?: RegExp
  /** What is left of the reply where it loses a part of it without a word. */
  readonly keeps?: (decoded: Json) => Json | undefined
  readonly kept?: Json
}

/** Controls: without them a client that takes everything would pass for one that our replies satisfy. */
export const trials: Readonly<Record<string, Trial>> = {
  nothing: { about: 'step', alter: () => {} },
  'null in a required field': { about: 'step', alter: set('run_id', null), raises: /run_id cannot be nil/ },
  'a required field left out': { about: 'step', alter: remove('thread_id'), raises: /thread_id cannot be nil/ },
  'an unknown status': { about: 'step', alter: set('status', 'incomplete'), raises: /invalid value for "status"/ },
  'another object': { about: 'step', alter: set('object', 'run.step'), raises: /invalid value for "object"/ },
  'usage without its counts': { about: 'step', alter: set('usage', {}), raises: /prompt_tokens cannot be nil/ },
  'a key too many in step_details': {
    about: 'step',
    alter: (step) => put(step.step_details, 'note', 'new'),
    raises: /step_details cannot be nil/,
  },
  'a key too many in a tool call': {
    about: 'step',
    alter: (step) => put(listAt(step, 'step_details', 'tool_calls')[0], 'note', 'new'),
    keeps: (step) => listAt(step, 'step_details', 'tool_calls').length,
    kept: 1,
  },
  'a null name in a tool call': {
    about: 'step',
    alter: (step) => put(at(listAt(step, 'step_details', 'tool_calls')[1], 'function'), 'name', null),
    keeps: (step) => listAt(step, 'step_details', 'tool_calls').length,
    kept: 1,
  },
  'a key too many in the step itself': {
    about: 'step',
    alter: set('note', 'new'),
    keeps: (step) => at(step, 'note') ?? null,
    kept: null,
  },
  'instructions that are null': {
    about: 'run',
    alter: set('instructions', null),
    raises: /instructions cannot be nil/,
  },
  'an unknown error code': {
    about: 'run',
    alter: set('last_error', { code: 'content_filter', message: 'no' }),
    raises: /invalid value for "code"/,
  },
  'a budget below 256': {
    about: 'run',
    alter: set('max_completion_tokens', 255),
    raises: /max_completion_tokens.*must be greater than or equal to 256/,
  },
  'a key too many in a part of a message': {
    about: 'message',
    alter: (message) => put(listAt(message, 'content')[0], 'note', 'new'),
    keeps: (message) => listAt(message, 'content').length,
    kept: 0,
  },
  'an index in an annotation': {
    about: 'message',
    alter: (message) => put(at(listAt(message, 'content')[0], 'text'), 'annotations', [citation]),
    keeps: (message) => listAt(listAt(message, 'content')[0], 'text', 'annotations').length,
    kept: 0,
  },
}

const citation = {
  index: 0,
  type: 'file_citation',
  text: '[1]',
  start_index: 0,
  end_index: 3,
  file_citation: { file_id: 'file-1' },
}

function set(key: string, value: Json): Alteration {
  return (object) => put(object, key, value)
}

function remove(key: string): Alteration {
  return (object) => {
    delete object[key]
  }
}

function put(object: Json | undefined, key: string, value: Json): void {
  if (!isObject(object)) throw new Error(`nothing to put ${key} into`)
  const target: JsonObject = object
  target[key] = value
}
