import type { ModelProvider, PassThrough } from '../../ports/model.ts'

/** Somebody who answers for models under their own names: an API over HTTP, or the scripted model. */
export interface Upstream extends Pick<ModelProvider, 'stream' | 'list'>, PassThrough {
  /** Who that is, for people: a host, or `the scripted model`. Never a key. */
  readonly label: string
  /** Ends its connections; what is under way is cut off. */
  close(): Promise<void>
}
