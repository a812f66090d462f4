// Prints the last line of a test run from the runner's own JSON report, and ends with its status.
import { readFileSync } from 'node:fs'

const status = Number(process.argv[2])

const counted = () => {
  try {
    const report = JSON.parse(readFileSync(new URL('../.test-report/report.json', import.meta.url), 'utf8'))
    // A file that fails to load holds no test, so it counts as one that failed.
    const broken = report.testResults.filter((f) => f.status === 'failed' && !f.assertionResults.some((t) => t.status === 'failed')).length
    return { passed: report.numPassedTests, failed: report.numFailedTests + broken, skipped: report.numPendingTests + report.numTodoTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const { passed, failed, skipped } = counted()
// A run that ends badly though each test passed (an unhandled error, a crash) is one more failure.
const failures = failed === 0 && status !== 0 ? 1 : failed
process.exitCode = failures > 0 ? 1 : 0
console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
