import { expect, test } from 'vitest'
import { normalizeTools } from './tool-echo.ts'

test('a function gets its empty schema and strict', () => {
  expect(normalizeTools([{ type: 'function', function: { name: 'now' } }])).toEqual([
    { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} }, strict: false } },
  ])
})

test('a function keeps what it was given', () => {
  const parameters = { type: 'object', properties: { day: { type: 'string' } }, required: ['day'] }
  const food = { name: 'food', description: 'For a day', parameters, strict: true }
  expect(normalizeTools([{ type: 'function', function: food }])).toEqual([{ type: 'function', function: food }])
  expect(normalizeTools([{ type: 'function', function: { ...food, strict: null } }])).toEqual([
    { type: 'function', function: { ...food, strict: false } },
  ])
})

test('file search shows how it ranks', () => {
  const byDefault = {
    type: 'file_search',
    file_search: { ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0 } },
  }
  expect(normalizeTools([{ type: 'file_search' }])).toEqual([byDefault])
  expect(normalizeTools([{ type: 'file_search', file_search: {} }])).toEqual([byDefault])
  expect(
    normalizeTools([
      {
        type: 'file_search',
        file_search: { max_num_results: 2, ranking_options: { ranker: 'auto', score_threshold: 0.5 } },
      },
    ]),
  ).toEqual([
    {
      type: 'file_search',
      file_search: {
        max_num_results: 2,
        ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0.5 },
      },
    },
  ])
})

test('the code interpreter has nothing to fill in', () => {
  expect(normalizeTools([{ type: 'code_interpreter' }])).toEqual([{ type: 'code_interpreter' }])
})

test('parameters that are no object are refused where they stand', () => {
  const wrong = { type: 'function' as const, function: { name: 'food', parameters: { type: 'string' } } }
  expect(() => normalizeTools([{ type: 'code_interpreter' }, wrong])).toThrow(
    expect.objectContaining({
      status: 400,
      message: `Invalid schema for function 'food': schema must be a JSON Schema of 'type: "object"', got 'type: "string"'.`,
      param: 'tools[1].function.parameters',
      code: 'invalid_function_parameters',
    }),
  )
})
