import type { Difference } from './compare.ts'

/** A difference that somebody decided on. `row` names the line of `docs/compatibility.md` that says why. */
export type AllowedDifference = Pick<Difference, 'where' | 'kind'> & { readonly row: string }

export const allowedDifferences: readonly AllowedDifference[] = []
