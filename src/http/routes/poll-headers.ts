/** The clients' poll helpers wait so long before they ask again, and five seconds where nobody tells them. */
export const pollHeaders = { 'openai-poll-after-ms': '200' }
