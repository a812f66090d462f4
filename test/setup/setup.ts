/**
 * Runs before every test file. Property tests draw the same cases in every run, so that
 * a failure on one machine is a failure on all; a test may pass its own `numRuns`.
 */
import { tmpdir } from 'node:os'
import fc from 'fast-check'

fc.configureGlobal({ seed: 20_240_229, numRuns: 100, endOnFailure: false })

// Mesa warns when it has no runtime folder.
process.env.XDG_RUNTIME_DIR ??= tmpdir()
