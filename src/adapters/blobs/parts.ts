export interface Part {
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

/** The same bytes in parts of exactly `size` bytes. The last part may have fewer; of no bytes it is the only one. */
export async function* inParts(data: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Part> {
  let held: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of data) {
    let rest = chunk
    // A full part waits for one more byte, which tells that it is not the last.
    while (bytes + rest.byteLength > size) {
      held.push(rest.subarray(0, size - bytes))
      rest = rest.subarray(size - bytes)
      yield { bytes: Buffer.concat(held), isLast: false }
      held = []
      bytes = 0
    }
    held.push(rest)
    bytes += rest.byteLength
  }
  yield { bytes: Buffer.concat(held), isLast: true }
}
