import type { CodePlace } from '../../src/application.ts'

/** For an application whose test runs no code. */
export const noCode: CodePlace = { ok: false, reason: 'there is no sandbox', advice: 'Install one.' }
