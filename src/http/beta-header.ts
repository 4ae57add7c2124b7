import { badRequest } from '../api/error.ts'

/** Refuses a request without `OpenAI-Beta`, as the original did. Version 1 is over and taken for version 2. */
export function requireBetaHeader(request: Request): void {
  if (request.headers.get('openai-beta')?.includes('assistants=')) return
  throw badRequest(
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. " +
      "Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
    { code: 'invalid_beta' },
  )
}
