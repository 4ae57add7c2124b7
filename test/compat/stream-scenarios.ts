import type { RunStatus } from '../../src/api/run.ts'
import type { StepStatus } from '../../src/api/run-step.ts'
import { ModelFailure } from '../../src/ports/model.ts'
import type { FakeTurn } from '../support/fake-model.ts'

/** A run as the model makes it, and how it must end. */
export interface StreamScenario {
  readonly name: string
  readonly turns: readonly FakeTurn[]
  /** Whether its run has the code interpreter too; its code is in the language of `FakeSandbox`. */
  readonly code?: boolean
  /** Cancelled once the model has said so many parts, and not before. */
  readonly cancelAfter?: number
  readonly ends: RunStatus
  /** Of its steps, oldest first. */
  readonly steps: readonly StepStatus[]
  /** What its messages say, oldest first. */
  readonly texts: readonly string[]
}

const weather = (city: string) => ({ call: 'get_weather', arguments: { city } })
const code = (...lines: string[]) => ({ call: 'code_interpreter', arguments: { code: lines.join('\n') } })
const overloaded = new ModelFailure('rate_limit_exceeded', 'Rate limit reached for gpt-4o.')
const gone = new ModelFailure('server_error', 'The upstream closed the connection.')

export const streamScenarios: readonly StreamScenario[] = [
  {
    name: 'a plain reply',
    turns: ['Sunny, 25 °C ☀️.'],
    ends: 'completed',
    steps: ['completed'],
    texts: ['Sunny, 25 °C ☀️.'],
  },
  {
    name: 'a refusal',
    turns: [[refusal('I would '), refusal('rather not.')]],
    ends: 'completed',
    steps: ['completed'],
    texts: ['I would rather not.'],
  },
  {
    name: 'text and then a refusal',
    turns: [['Well, ', refusal('no.')]],
    ends: 'completed',
    steps: ['completed'],
    texts: ['Well, no.'],
  },
  {
    name: 'two parallel calls',
    turns: [[weather('Bern'), { call: 'get_time' }], 'Sunny at noon.'],
    ends: 'completed',
    steps: ['completed', 'completed'],
    texts: ['Sunny at noon.'],
  },
  {
    name: 'two rounds of calls',
    turns: [weather('Bern'), [weather('Basel'), weather('Zürich')], 'Sunny everywhere.'],
    ends: 'completed',
    steps: ['completed', 'completed', 'completed'],
    texts: ['Sunny everywhere.'],
  },
  {
    name: 'text and calls in one turn, twice',
    turns: [['Let me look. ', weather('Bern')], ['And once more. ', weather('Bern')], 'Sunny.'],
    ends: 'completed',
    steps: ['completed', 'completed', 'completed', 'completed', 'completed'],
    texts: ['Let me look. ', 'And once more. ', 'Sunny.'],
  },
  {
    name: 'a call whose arguments are not JSON',
    turns: [{ call: 'get_weather', arguments: '{"city": Bern' }, 'Sunny.'],
    ends: 'completed',
    steps: ['completed', 'completed'],
    texts: ['Sunny.'],
  },
  {
    name: 'code that prints and draws',
    code: true,
    turns: [code('print Grüezi 😀', 'show a plot', 'print done'), ['It ', 'is drawn.']],
    ends: 'completed',
    steps: ['completed', 'completed'],
    texts: ['image_fileIt is drawn.'],
  },
  {
    name: 'code that writes a file, between words and a function',
    code: true,
    turns: [
      ['Let me count. ', code('write n.csv 1,2'), weather('Bern')],
      ['Here: sandbox:/mnt/data/n.csv', ', and sunny.'],
    ],
    ends: 'completed',
    steps: ['completed', 'completed', 'completed', 'completed'],
    texts: ['Let me count. ', 'Here: sandbox:/mnt/data/n.csv, and sunny.'],
  },
  {
    name: 'code that fails, and code that ends its Python',
    code: true,
    turns: [[code('raise KeyError'), code('die memory')], code('print again'), 'Sorry.'],
    ends: 'completed',
    steps: ['completed', 'completed', 'completed', 'completed'],
    texts: ['Sorry.'],
  },
  { name: 'an empty reply', turns: [[]], ends: 'completed', steps: ['completed'], texts: [''] },
  {
    name: 'an empty reply after text and a call',
    turns: [['Well, ', refusal('no, but look: '), weather('Bern')], []],
    ends: 'completed',
    steps: ['completed', 'completed', 'completed'],
    texts: ['Well, no, but look: ', ''],
  },
  {
    name: 'cancelled in the middle of a text',
    turns: ['One two three four.'],
    cancelAfter: 2,
    ends: 'cancelled',
    steps: ['cancelled'],
    texts: ['One two '],
  },
  {
    name: 'cancelled in the middle of a call',
    turns: [['Look: ', weather('Bern')]],
    cancelAfter: 3,
    ends: 'cancelled',
    steps: ['completed', 'cancelled'],
    texts: ['Look: '],
  },
  {
    name: 'cancelled before it says anything',
    turns: ['Late.'],
    cancelAfter: 0,
    ends: 'cancelled',
    steps: [],
    texts: [],
  },
  { name: 'failed before it says anything', turns: [overloaded], ends: 'failed', steps: [], texts: [] },
  {
    name: 'failed in the middle of a text',
    turns: [['Half a ', gone]],
    ends: 'failed',
    steps: ['failed'],
    texts: ['Half a '],
  },
  {
    name: 'failed in the middle of a call',
    turns: [[{ type: 'tool-call', index: 0, id: null, name: 'get_time' }, gone]],
    ends: 'failed',
    steps: ['failed'],
    texts: [],
  },
  {
    name: 'cut off at max_completion_tokens',
    turns: [['Once upon a ', { type: 'finish', reason: 'length' }]],
    ends: 'incomplete',
    steps: ['completed'],
    texts: ['Once upon a '],
  },
  {
    name: 'stopped by a content filter',
    turns: [['How to ', { type: 'finish', reason: 'content_filter' }]],
    ends: 'failed',
    steps: ['failed'],
    texts: ['How to '],
  },
]

function refusal(text: string) {
  return { type: 'refusal-delta', text } as const
}
