import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { confidentlyWrong, mostDoubtful } from '../../src/cli/figures.ts'
import { mnistDefaults } from '../../src/cli/options.ts'
import { progress, progressLine, track, untracked } from '../../src/cli/progress.ts'
import { classVariances, jsonLine, quantiles, reliabilityBins, slopeOfTail, summarise } from '../../src/cli/results.ts'
import { duration, tableText } from '../../src/cli/table.ts'
import { synthetic } from './synthetic.ts'

const results = synthetic()
const summary = summarise(mnistDefaults)(results)

describe('summarise', () => {
  it('counts what the made-up run holds', () => {
    // of 200 images: 10 plug-in errors, 5 of the mode, of which 3 with full agreement (7, 87, 167)
    expect(summary.plugInError).toBe(10 / 200)
    expect(summary.modeError).toBe(5 / 200)
    expect(summary.meanError).toBe(5 / 200)
    expect(summary.certainErrors).toBeCloseTo(3 / 5, 12)
    // variances are uniform within 20 % of 0.04 and 0.01: the mean ratio is 4, with an se below 2 %
    expect(summary.varianceRatio).toBeGreaterThan(3.7)
    expect(summary.varianceRatio).toBeLessThan(4.3)
  })

  it('averages variances over the right images', () => {
    const v = classVariances({ ...results.test, labels: [0, 1], mode: [0, 2], variance: [...Array.from({ length: 10 }, () => 1), ...Array.from({ length: 10 }, () => 3)] })
    expect([v.correct[4], v.errors[4], v.all[4]]).toEqual([1, 3, 2])
  })

  it('bins confidence into fifteenths that are closed above', () => {
    const bins = reliabilityBins({ ...results.test, labels: [1, 1, 1, 1], mean: [1, 0, 1, 1], confidence: [1, 1, 2 / 15, 0.5] })
    expect(bins).toHaveLength(15)
    expect(bins.map((b) => b.count)).toEqual([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2])
    expect(bins[14]).toMatchObject({ confidence: 1, accuracy: 0.5 })
  })

  it('survives a run without errors', () => {
    const t = results.test
    const s = summarise(mnistDefaults)({ ...results, test: { ...t, mode: t.labels, mean: t.labels, plugIn: t.labels } })
    expect(s.modeError).toBe(0)
    expect(tableText(s)).toContain('–')
  })
})

describe('slopeOfTail', () => {
  it('is exact on a line, whatever came before', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 30, max: 400 }), (slope, n) => {
        const loss = Array.from({ length: n }, (_, i) => (i < n / 2 ? 1e6 : 500 + (slope * i) / 1000))
        const { value, se } = slopeOfTail(loss)
        expect(value).toBeCloseTo(slope, 4)
        expect(se).toBeLessThan(1e-3)
      })
    )
  })

  it('has the standard error of a regression', () => {
    // y = 1, 3, 2 at x = 0, 1, 2: slope 1/2, residuals -.5, 1, -.5, rss 1.5, sxx 2: se = sqrt(1.5 / 1 / 2)
    const { value, se } = slopeOfTail([1, 3, 2])
    expect(value).toBeCloseTo(500, 9)
    expect(se).toBeCloseTo(1000 * Math.sqrt(0.75), 9)
    expect(slopeOfTail([1]).value).toBeNaN()
    expect(slopeOfTail([1, NaN, 2]).value).toBeNaN()
  })
})

describe('quantiles', () => {
  it('interpolates between order statistics', () => {
    expect(quantiles([4, 1, 3, 2], [0, 25, 50, 100])).toEqual([1, 1.75, 2.5, 4])
    expect(quantiles([], [50])[0]).toBeNaN()
  })
})

describe('the choice of digits', () => {
  it('doubt falls, errors come most confident first', () => {
    const t = results.test
    const doubt = mostDoubtful(t, 12).map((i) => t.expectedErrorRate[i])
    expect(doubt).toHaveLength(12)
    expect(doubt).toEqual([...doubt].sort((a, b) => b - a))
    expect(Math.max(...Array.from(t.expectedErrorRate))).toBe(doubt[0])
    expect([...confidentlyWrong(t)].slice(0, 3).sort((a, b) => a - b)).toEqual([7, 87, 167])
    expect(confidentlyWrong(t)).toHaveLength(5)
  })
})

describe('the table and the JSON line', () => {
  it('holds the figures beside those of the notebook', () => {
    const text = tableText(summary)
    expect(text).toMatch(/error, plug-in +5\.00 % +9\.59 %/)
    expect(text).toMatch(/error, predictive mode +2\.50 % +7\.48 %/)
    for (const s of ['34,568 nats', '30,123 nats', '−4,444 nats', '0.0432', '0.0071', 'synthetic adapter', '0.0800  0.310  0.620  0.880  1.01', 'nats per 1,000 steps']) expect(text).toContain(s)
  })

  it('has exactly the keys that are promised, on one line', () => {
    const line = jsonLine(summary)
    expect(line).not.toContain('\n')
    expect(Object.keys(JSON.parse(line) as object)).toEqual(
      'steps batchSize samples seed stepsPerSecond firstStepSeconds trainSeconds predictSeconds plugInError modeError meanError nll ece negElbo kl expectedLogLik adapter'.split(' ')
    )
  })

  it('tells times in words', () => {
    expect([3.21, 42, 185, 7800, NaN].map(duration)).toEqual(['3.2 s', '42 s', '3 min 05 s', '2 h 10 min', '–'])
  })
})

describe('progress', () => {
  it('has the rate of the last seconds and the time left', () => {
    const events = Array.from({ length: 31 }, (_, i) => ({ step: 10 * i, steps: 1000, loss: 100 }))
    const t = events.reduce((s, e, i) => track(s, i, e), untracked)
    expect(t.view).toEqual({ step: 300, steps: 1000, rate: 10, loss: 100, left: 70 })
    expect(progressLine(t.view)).toBe('step 300/1,000  10.0 steps/s  loss 100 nats  1 min 10 s left')
  })

  it('writes a line every five seconds without a terminal, and the last one', () => {
    const lines: string[] = []
    let time = 0
    const p = progress({ write: (s) => lines.push(s), now: () => time })
    p.onEvent({ _tag: 'Note', text: 'compiling' })
    for (let i = 1; i <= 12; i++) {
      time = i
      p.onEvent({ _tag: 'Step', step: i, steps: 12, loss: 5 })
    }
    p.onEvent({ _tag: 'Predict', done: 50, total: 50 })
    expect(lines.map((l) => l.split('  ')[0].trim())).toEqual(['compiling', 'step 1/12', 'step 6/12', 'step 11/12', 'step 12/12', 'predicting: 50 of 50 images'])
  })

  it('drives a bar where there is one, and closes it before anything else is written', () => {
    const calls: string[] = []
    const p = progress({ write: (s) => calls.push(s.trim()), now: () => 0 }, (total) => {
      calls.push(`open ${total}`)
      return { update: (v) => calls.push(`at ${v}`), stop: () => calls.push('stop') }
    })
    p.onEvent({ _tag: 'Step', step: 1, steps: 9, loss: 1 })
    p.onEvent({ _tag: 'Step', step: 2, steps: 9, loss: 1 })
    p.onEvent({ _tag: 'Note', text: 'hm' })
    p.stop()
    expect(calls).toEqual(['open 9', 'at 1', 'at 2', 'stop', 'hm'])
  })
})
