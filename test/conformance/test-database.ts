import type { Store } from '../../src/ports/store.ts'

/** A database of a test's own: empty when it is first opened, and on later times as it was left. Disposing removes it. */
export interface TestDatabase extends AsyncDisposable {
  /** One open store at a time; disposing closes it. */
  open(): Promise<Store>
}

export type CreateDatabase = () => Promise<TestDatabase>
