import type { Metadata } from '../api/metadata.ts'

/** The metadata of an object after a request: left out keeps it, given replaces all of it, and null empties it. */
export function mergeMetadata(current: Metadata, given: Metadata | null | undefined): Metadata {
  return given === undefined ? current : (given ?? {})
}
