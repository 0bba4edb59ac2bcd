// Closes a test run with one plain line that a script can read: `N passed, N failed`.
// A test file that could not be run counts as one failure, so that a broken import never looks like a smaller suite.
export default class SummaryReporter {
  onRunComplete (_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    const skipped = results.numPendingTests + results.numTodoTests
    // Jest writes its own summary to standard error; this line must come after it.
    process.on('exit', () => process.stdout.write(`${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`))
  }
}
