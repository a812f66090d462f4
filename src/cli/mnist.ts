/**
 * `gelato mnist`: trains, predicts, prints the table and writes the report. Learning
 * itself comes in through `MnistDeps`, so that all of this is tested without a GPU.
 */
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import type { MnistOptions } from './options.ts'
import type { Progress, MnistEvent } from './progress.ts'
import { writable, writeReport } from './report.ts'
import { jsonLine, summarise } from './results.ts'
import type { MnistResults, MnistSummary } from './results.ts'
import { duration, tableText } from './table.ts'

/** What training needs of its surroundings. */
export interface MnistContext {
  readonly onEvent: (e: MnistEvent) => void
  readonly signal: AbortSignal
}

/** What the command needs: learning and predicting, and where to write. */
export interface MnistDeps {
  readonly run: (options: MnistOptions, context: MnistContext) => TaskEither<GelatoError, MnistResults>
  readonly progress: Progress
  readonly signal: AbortSignal
  /** Writes a line to standard output. */
  readonly print: (line: string) => void
}

/** Runs the command; the summary is that of the table. Errors: a folder that can't be written, before anything runs; those of `run`, and of writing the report. */
export const runMnist = (options: MnistOptions, deps: MnistDeps): TaskEither<GelatoError, MnistSummary> =>
  pipe(
    writable(options.out),
    TE.chain(() => deps.run(options, { onEvent: deps.progress.onEvent, signal: deps.signal })),
    TE.chainFirstIOK(() => deps.progress.stop),
    TE.orElseFirstIOK(() => deps.progress.stop),
    TE.bindTo('results'),
    TE.let('summary', ({ results }) => summarise(options)(results)),
    TE.chainFirstIOK(({ summary }) => () => deps.print(`\n${tableText(summary)}\n`)),
    TE.bind('report', ({ results, summary }) => writeReport(options.out)(results, summary)),
    TE.map(({ summary, report }) => {
      report.notes.forEach((n) => deps.print(`note: ${n}`))
      deps.print(`trained in ${duration(summary.trainSeconds)}, predicted in ${duration(summary.predictSeconds)}; ${report.files.length} files written`)
      deps.print(`open ${report.page}`)
      if (options.json) deps.print(jsonLine(summary))
      return summary
    })
  )
