/** Takes bytes in any pieces; hands on whole lines, without their ends. Throws when one is longer than that. */
export function createLineSplitter(longest: number, take: (line: Buffer) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = []
  let length = 0

  function add(piece: Buffer): void {
    length += piece.length
    if (length > longest) throw new Error('A line is too long')
    pieces.push(piece)
  }

  function push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, end))
      const line = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
      pieces = []
      length = 0
      start = end + 1
      take(line)
    }
    if (start < chunk.length) add(chunk.subarray(start))
  }
  return push
}
