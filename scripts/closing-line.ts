import type { Reporter } from 'vitest/node'

/** Ends a test run with one plain line of counts. A file or suite that could not be set up counts as one failed test. */
export const closingLine: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
    const count = (state: (typeof tests)[number]) => tests.filter((each) => each === state).length
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
    const broken = suites.filter((suite) => suite.errors().length > 0).length
    const failed = count('failed') + broken + unhandledErrors.length
    process.stdout.write(`\n${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`)
  },
}
