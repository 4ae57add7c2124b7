import { ExtractionFailure, type Section } from '../../ports/extractor.ts'
import { childLine, longestLine } from './child-lines.ts'
import { stoppedUnexpectedly } from './failures.ts'
import type { ExtractionLimits } from './limits.ts'
import { createSections } from './sections.ts'

/**
 * What a child says, until it says how it ended. Nothing of it is trusted. Throws its own failure, or one of ours when it
 * says too much, or what nobody can understand, or stops in the middle.
 */
export async function readLines(
  output: AsyncIterable<Uint8Array>,
  limits: Pick<ExtractionLimits, 'characters'>,
): Promise<Section[]> {
  const sections = createSections(limits)
  for await (const text of linesOf(output)) {
    const line = parseLine(text)
    switch (line?.say) {
      case 'start':
        sections.start({ page: line.page, headings: line.headings })
        break
      case 'text':
        sections.write(line.text)
        break
      case 'end':
        return sections.done()
      case 'failure':
        throw new ExtractionFailure(line.code, line.message)
      default:
        throw stoppedUnexpectedly()
    }
  }
  throw stoppedUnexpectedly()
}

function parseLine(text: string) {
  try {
    return childLine.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // not JSON
  }
}

async function* linesOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of output) {
    let from = 0
    rest = Buffer.concat([rest, chunk])
    for (let at = rest.indexOf(10); at !== -1; at = rest.indexOf(10, from)) {
      yield rest.toString('utf8', from, at)
      from = at + 1
    }
    rest = rest.subarray(from)
    if (rest.length > longestLine) throw stoppedUnexpectedly()
  }
}
