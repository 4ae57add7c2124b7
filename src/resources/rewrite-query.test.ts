import { expect, test } from 'vitest'
import { rewriteQuery } from './rewrite-query.ts'

test.each([
  ['What is the notice period?', 'notice period'],
  ['Could you please tell me what the notice period is?', 'notice period is'],
  ['How do I reset my password?', 'reset my password'],
  ["What's the capital of France?!", 'capital of France'],
  ['search for invoices from 2021', 'invoices from 2021'],
  ['  Please   explain  photosynthesis. ', 'photosynthesis'],
  ['I would like to know about refunds', 'refunds'],
  ['theme colours', 'theme colours'],
  ['whatsapp export', 'whatsapp export'],
  ['Findings of 2020', 'Findings of 2020'],
  ['Wie lange ist die Kündigungsfrist?', 'Wie lange ist die Kündigungsfrist'],
  ['what is it?', 'what is it?'],
  ['???', '???'],
])('%j becomes %j', (query, rewritten) => {
  expect(rewriteQuery(query)).toBe(rewritten)
})
