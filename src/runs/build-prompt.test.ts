import { describe, expect, it } from 'vitest'
import { toText } from '../api/json.ts'
import type { Message } from '../api/message.ts'
import type { Run } from '../api/run.ts'
import type { ModelMessage } from '../ports/model.ts'
import type { Page, Reader } from '../ports/store.ts'
import { buildPrompt } from './build-prompt.ts'
import { estimateTokens } from './estimate-tokens.ts'

const words = 'w '.repeat(200) // 400 characters: about 100 tokens

/** A thread of so many messages, each of about 100 tokens and named by its number. */
function threadOf(count: number, last: readonly Message[] = []) {
  const numbered = Array.from({ length: count }, (_, index) => message(`${index} ${words}`))
  const bodies = [...numbered, ...last].map((each) => toText(each))
  const reads: number[] = []
  const messages = {
    newest: async (_thread: string, { limit }: { limit: number }) => {
      reads.push(limit)
      return bodies.toReversed().slice(0, limit)
    },
    list: async (_filter: object, { limit }: Page) => ({
      items: bodies.slice(0, limit).map((body) => ({ id: 'msg', body })),
      has_more: count > limit,
    }),
    get: async () => undefined,
  }
  return { read: { messages } as unknown as Pick<Reader, 'messages'>, reads }
}

function message(text: string, role = 'user'): Message {
  return { role, content: [{ type: 'text', text: { value: text, annotations: [] } }] } as unknown as Message
}

function runWith(change: Partial<Run>): Run {
  const truncation_strategy = { type: 'auto', last_messages: null }
  return { id: 'run_1', thread_id: 'thread_1', instructions: '', truncation_strategy, ...change } as Run
}

async function numbers(
  count: number,
  { budget = 1_000_000, run = {}, last = [] }: { budget?: number; run?: Partial<Run>; last?: readonly Message[] } = {},
) {
  const { read, reads } = threadOf(count, last)
  const imageOf = async () => undefined
  const prompt = await buildPrompt({ run: runWith(run), steps: [], tools: [], read, imageOf, budget })
  return { ...prompt, sent: prompt.messages.map(numberOf), reads }
}

function numberOf(sent: ModelMessage): string {
  if (sent.role !== 'user') return sent.role
  const [part] = sent.content
  return part?.type === 'text' ? (part.text.split(' ')[0] ?? '') : ''
}

describe('buildPrompt', () => {
  it('sends the whole thread in its order, after the instructions', async () => {
    const { sent } = await numbers(3, { run: { instructions: 'Be brief.' } })
    expect(sent).toEqual(['system', '0', '1', '2'])
  })

  it('reads a long thread in growing pieces, and all of it', async () => {
    const { sent, reads } = await numbers(1000)
    expect(sent).toHaveLength(1000)
    expect(reads).toEqual([128, 256, 512, 1024])
  })

  it('gives up the middle when there is no room: the first message and the newest stay', async () => {
    const { sent, tokens } = await numbers(1000, { budget: 600 })
    expect(sent[0]).toBe('0')
    expect(sent.slice(1)).toEqual(['996', '997', '998', '999'])
    expect(tokens).toBeLessThanOrEqual(600)
  })

  it('keeps the newest message even when it alone is over the budget', async () => {
    expect((await numbers(5, { budget: 50 })).sent).toEqual(['4'])
  })

  it('keeps the newest message even when instructions alone are over the budget, and tells what those take', async () => {
    const { sent, fixed } = await numbers(5, { budget: 50, run: { instructions: words } })
    expect(sent).toEqual(['system', '4'])
    expect(fixed).toBe(104)
  })

  it('sends the last n messages and no first one when told so', async () => {
    const truncation_strategy = { type: 'last_messages' as const, last_messages: 3 }
    expect((await numbers(300, { run: { truncation_strategy } })).sent).toEqual(['297', '298', '299'])
    expect((await numbers(300, { run: { truncation_strategy }, budget: 250 })).sent).toEqual(['298', '299'])
  })

  it('leaves out replies that were cut before their first word', async () => {
    const cut = { ...message('', 'assistant'), content: [] }
    expect((await numbers(1, { last: [cut, message('2 more')] })).sent).toEqual(['0', '2'])
    expect((await numbers(0, { last: [message('', 'assistant'), message('Hi', 'assistant')] })).sent).toEqual([
      'assistant',
    ])
  })

  it('can run a thread without messages', async () => {
    expect((await numbers(0, { run: { instructions: 'Say hello.' } })).sent).toEqual(['system'])
    expect((await numbers(0)).messages).toEqual([{ role: 'user', content: [{ type: 'text', text: '' }] }])
  })
})

describe('estimateTokens', () => {
  const user = (text: string): ModelMessage => ({ role: 'user', content: [{ type: 'text', text }] })

  it('counts four characters of Latin text as one token, and other scripts one by one', () => {
    expect(estimateTokens([user('abcdefgh')])).toBe(4 + 2)
    expect(estimateTokens([user('日本語')])).toBe(4 + 3)
  })

  it('counts images by their detail, and tools by their text', () => {
    const image = { type: 'image' as const, url: 'data:image/png;base64,AAAA', detail: 'low' as const }
    expect(estimateTokens([{ role: 'user', content: [image] }])).toBe(4 + 85)
    const tool = { name: 'ask', parameters: {}, strict: false }
    expect(estimateTokens([], [tool])).toBe(Math.ceil(JSON.stringify([tool]).length / 4))
  })
})
