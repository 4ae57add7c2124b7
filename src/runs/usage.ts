import type { Usage } from '../api/run.ts'

/** What a step shows that cost nothing of its own, or whose cost nobody told us. */
export const noUsage: Usage = {
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  prompt_token_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
}

/** The sum, field by field: a run's usage is that of its steps. */
export function sumUsage(usages: Iterable<Usage>): Usage {
  let sum = noUsage
  for (const usage of usages) {
    sum = {
      prompt_tokens: sum.prompt_tokens + usage.prompt_tokens,
      completion_tokens: sum.completion_tokens + usage.completion_tokens,
      total_tokens: sum.total_tokens + usage.total_tokens,
      prompt_token_details: {
        cached_tokens: sum.prompt_token_details.cached_tokens + usage.prompt_token_details.cached_tokens,
      },
      completion_tokens_details: {
        reasoning_tokens:
          sum.completion_tokens_details.reasoning_tokens + usage.completion_tokens_details.reasoning_tokens,
      },
    }
  }
  return sum
}
