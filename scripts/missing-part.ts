/** What a test cannot have on this machine, and why; such a test is skipped. */
export interface Missing {
  missing: string
}

/** `part`, or what is missing. With `CI=true` nothing may be missing, so there it rejects. */
export async function orMissing<Part>(name: string, part: Promise<Part>): Promise<Part | Missing> {
  try {
    return await part
  } catch (error) {
    if (process.env.CI === 'true') throw error
    return missing(`${name}: ${error instanceof Error ? error.message : error}`)
  }
}

/** Says that tests are skipped, and why. For itself only where the part cannot be had even with `CI=true`. */
export function missing(what: string): Missing {
  process.stderr.write(`Tests that need it are skipped, for want of ${what}\n`)
  return { missing: what }
}
