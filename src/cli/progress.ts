/**
 * The live progress of training: a bar on a terminal, a plain line every few seconds
 * elsewhere, both with step, steps/s, loss and time left, on standard error so that
 * standard output holds results only.
 */
import { duration } from './table.ts'

/** What a run tells while it works. */
export type MnistEvent =
  | { readonly _tag: 'Note'; readonly text: string }
  | { readonly _tag: 'Step'; readonly step: number; readonly steps: number; readonly loss: number }
  | { readonly _tag: 'Predict'; readonly done: number; readonly total: number }

/** How progress looks at one moment. */
export interface ProgressView {
  readonly step: number
  readonly steps: number
  readonly rate: number
  readonly loss: number
  readonly left: number
}

/** The rate of the last seconds and a smoothed loss, folded over events. */
export interface Tracker {
  readonly marks: readonly (readonly [time: number, step: number])[]
  readonly view: ProgressView
}

/** Before the first step. */
export const untracked: Tracker = { marks: [], view: { step: 0, steps: 0, rate: NaN, loss: NaN, left: NaN } }

/** The next state after an event at `time` (seconds): rate over the last ten seconds, loss over about 20 events. */
export const track = (t: Tracker, time: number, e: { readonly step: number; readonly steps: number; readonly loss: number }): Tracker => {
  const all = [...t.marks, [time, e.step] as const]
  const recent = all.filter(([at]) => at >= time - 10)
  const marks = recent.length >= 2 ? recent : all.slice(-2)
  const [from, first] = marks[0]
  const rate = time > from ? (e.step - first) / (time - from) : NaN
  const loss = Number.isFinite(t.view.loss) ? 0.95 * t.view.loss + 0.05 * e.loss : e.loss
  return { marks, view: { step: e.step, steps: e.steps, rate, loss, left: (e.steps - e.step) / rate } }
}

/** One view as a line. */
export const progressLine = (v: ProgressView): string =>
  [
    `step ${v.step.toLocaleString('en-US')}/${v.steps.toLocaleString('en-US')}`,
    `${Number.isFinite(v.rate) ? v.rate.toFixed(1) : '–'} steps/s`,
    `loss ${Number.isFinite(v.loss) ? Math.round(v.loss).toLocaleString('en-US') : '–'} nats`,
    `${duration(v.left)} left`
  ].join('  ')

/** Where progress is written. */
export interface Screen {
  readonly write: (text: string) => void
  /** Seconds. */
  readonly now: () => number
}

interface Bar {
  readonly update: (value: number, payload: object) => void
  readonly stop: () => void
}

/** A handler of events that shows them; `stop` ends the bar's line. */
export interface Progress {
  readonly onEvent: (e: MnistEvent) => void
  readonly stop: () => void
}

/** Shows progress; `openBar` draws a bar of the given total, and is left out where there is no terminal. */
export const progress = (screen: Screen, openBar?: (total: number) => Bar): Progress => {
  let tracker = untracked
  let bar: Bar | undefined
  let printed = -Infinity
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  const line = (text: string, last: boolean): void => {
    if (!last && screen.now() - printed < 5) return
    printed = screen.now()
    screen.write(`${text}\n`)
  }
  return {
    stop,
    onEvent: (e) => {
      if (e._tag === 'Note') {
        stop()
        screen.write(`${e.text}\n`)
      } else if (e._tag === 'Predict') {
        stop()
        line(`predicting: ${e.done} of ${e.total} images`, e.done === e.total)
      } else {
        tracker = track(tracker, screen.now(), e)
        const text = progressLine(tracker.view)
        if (openBar === undefined) line(text, e.step === e.steps)
        else {
          bar ??= openBar(e.steps)
          bar.update(e.step, { line: text })
          if (e.step === e.steps) stop()
        }
      }
    }
  }
}

/** A bar on a terminal by cli-progress, or undefined where that package is missing. */
export const terminalBar = async (stream: NodeJS.WriteStream): Promise<((total: number) => Bar) | undefined> => {
  interface SingleBar extends Bar {
    readonly start: (total: number, value: number, payload: object) => void
  }
  const name: string = 'cli-progress'
  const module = await import(name).then(
    (m: { readonly default: { readonly SingleBar: new (options: object) => SingleBar } }) => m.default,
    () => undefined
  )
  return module === undefined
    ? undefined
    : (total) => {
        const width = Math.max(0, Math.min(30, (stream.columns ?? 80) - 70))
        const bar = new module.SingleBar({
          stream,
          format: width > 4 ? '{bar} {line}' : '{line}',
          barsize: width,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          hideCursor: true,
          fps: 8
        })
        bar.start(total, 0, { line: 'starting' })
        return bar
      }
}
