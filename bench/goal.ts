/** A promise about one figure, and what a run of the benchmark has to say about it. */
export interface Goal {
  sense: 'at most' | 'at least'
  limit: number
}

/**
 * `near` is past the goal by less than paired medians differ between two runs of the same code, so it is no failure.
 * `inconclusive` says that the machine was too busy, and is neither.
 */
export type Verdict = 'met' | 'near' | 'missed' | 'inconclusive'

export interface Finding {
  label: string
  value: number
  unit: string
  goal?: Goal
  verdict?: Verdict
}

const tolerance = 1.25

export function atMost(limit: number): Goal {
  return { sense: 'at most', limit }
}

export function atLeast(limit: number): Goal {
  return { sense: 'at least', limit }
}

/** A finding judged against its goal. `noisy` is whether the floor was unsteady while it was measured. */
export function judged(finding: { label: string; value: number; unit: string; goal: Goal; noisy: boolean }): Finding {
  const { noisy, ...rest } = finding
  return { ...rest, verdict: noisy ? 'inconclusive' : verdictOn(rest.value, rest.goal) }
}

function verdictOn(value: number, { sense, limit }: Goal): Verdict {
  const excess = sense === 'at most' ? value / limit : limit / value
  if (excess <= 1) return 'met'
  return excess <= tolerance ? 'near' : 'missed'
}
