/** JSON text of a `Thing`: made once when the object changes, then stored and sent as it is. */
export type JsonText<Thing> = string & { readonly textOf?: Thing }

export function toText<Thing>(thing: Thing): JsonText<Thing> {
  return JSON.stringify(thing)
}

/** The object again. Safe because only `toText` makes such text. */
export function fromText<Thing>(text: JsonText<Thing>): Thing {
  return JSON.parse(text)
}
