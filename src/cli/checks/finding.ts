/** What a check found; one line of `reprise doctor`. */
export interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly message: string
  /** What to do; null when nothing has to be done. */
  readonly advice: string | null
}

export function well(check: string, message: string, advice: string | null = null): Finding {
  return { check, ok: true, message, advice }
}

export function wrong(check: string, message: string, advice: string): Finding {
  return { check, ok: false, message, advice }
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
