import { ExtractionFailure } from '../../ports/extractor.ts'
import { readInput } from './child-input.ts'
import type { ChildTask } from './child-lines.ts'
import { createLineSink } from './child-output.ts'
import { parse } from './formats/parse.ts'

// A program of its own, started for one document: what to do is its argument, the document comes in on stdin, and
// sections go out on stdout as lines of JSON. It may die at any moment; the server takes that for a failure.
const task: ChildTask = JSON.parse(process.argv[2] ?? '')
const output = createLineSink()
try {
  await parse({ ...task, bytes: readInput(), sink: output })
  output.end()
} catch (error) {
  if (!(error instanceof ExtractionFailure)) throw error
  output.fail(error)
}
process.exit()
