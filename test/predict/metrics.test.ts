import fc from 'fast-check'
import { expect, test } from 'vitest'
import { argmaxRows, brier, ece, entropyRows, errorRate, logMeanExp, nll, reliability, rmse } from '../../src/predict/metrics.ts'

test('error rate, negative log likelihood, Brier score by hand', () => {
  const labels = [0, 1, 1, 2]
  const p = [0.7, 0.2, 0.1, 0.3, 0.6, 0.1, 0.5, 0.25, 0.25, 0.1, 0.1, 0.8]
  expect([...argmaxRows(p, 3)]).toEqual([0, 1, 0, 2])
  expect(errorRate(labels)(argmaxRows(p, 3))).toBe(0.25)
  expect(nll(labels)(p.map(Math.log))).toBeCloseTo(-(Math.log(0.7) + Math.log(0.6) + Math.log(0.25) + Math.log(0.8)) / 4, 12)
  expect(brier(labels)(p)).toBeCloseTo((0.09 + 0.04 + 0.01 + (0.09 + 0.16 + 0.01) + (0.25 + 0.5625 + 0.0625) + (0.01 + 0.01 + 0.04)) / 4, 12)
  expect(rmse([1, 2])([2, 4])).toBeCloseTo(Math.sqrt(2.5), 12)
})

test('what is no array of numbers, and predictions in the first call, are refused', () => {
  const tensor = { shape: [2], data: [0, 1] }
  for (const [name, f] of Object.entries({ errorRate, nll, brier, rmse, ece, reliability }) as [string, (...xs: unknown[]) => (x: unknown) => unknown][]) {
    expect(refused(() => f(tensor)([0, 1]))).toMatchObject({ _tag: 'UnknownForm', hint: expect.stringContaining('.data') })
    expect(refused(() => f([0, 1])(tensor)), name).toMatchObject({ _tag: 'UnknownForm', hint: expect.stringContaining('.data') })
    expect(refused(() => f([0, 1])(undefined))).toMatchObject({ _tag: 'UnknownForm' })
    expect(refused(() => f([0, 1], [0, 1])), name).toMatchObject({ path: ['Metrics', ...(name === 'ece' || name === 'reliability' ? ['reliability', 'bins'] : [name])], hint: expect.stringMatching(/^(give probabilities in a second call: )?Metrics\.\w+\(labels\)\(/) })
  }
  expect(refused(() => argmaxRows(tensor as never, 2))).toMatchObject({ _tag: 'UnknownForm' })
})

test('ties of the largest go to the smaller class', () => {
  expect([...argmaxRows([0.4, 0.4, 0.2, 0.2, 0.4, 0.4], 3)]).toEqual([0, 1])
})

test('calibration error: 15 bins ((b - 1) / 15, b / 15] of the largest probability', () => {
  // two rows of confidence .8 (one right), in (.7333, .8]; two of 1, one right, in the last
  const p = [0.8, 0.2, 0.8, 0.2, 1, 0, 1, 0]
  expect(ece([0, 1, 0, 1])(p)).toBeCloseTo(0.5 * Math.abs(0.5 - 0.8) + 0.5 * Math.abs(0.5 - 1), 12)
  const bins = reliability([0, 1, 0, 1])(p)
  expect(bins.map((b) => b.count)).toEqual([...Array<number>(11).fill(0), 2, 0, 0, 2])
  expect(ece([0, 0, 1, 1])([1, 0, 1, 0, 0, 1, 0, 1])).toBe(0)
  // no bin hides a row without a probability
  for (const p of [[NaN, NaN], [0.2, NaN], [NaN, 0.2]]) expect(ece([0, 1])([0.9, 0.1, ...p])).toBeNaN()
  for (const bad of [0, -1, 1.5, NaN]) expect(refused(() => ece([0], bad)([0.5, 0.5]))).toMatchObject({ _tag: 'BadOption', path: ['Metrics', 'reliability', 'bins'], got: String(bad) })
})

test('no number is no class, and its entropy is none', () => {
  expect([...argmaxRows([NaN, NaN, 0.2, NaN, NaN, 0.2, 0.2, 0.8], 2)]).toEqual([-1, -1, -1, 1])
  expect([...argmaxRows([NaN, 0.6], 1)]).toEqual([-1, 1])
  expect([...entropyRows([NaN, NaN, 1, 0, 0.5, NaN], 2)]).toEqual([NaN, 0, NaN])
})

test('log-mean-exp is the log of the mean, without overflow', () => {
  expect(logMeanExp([Math.log(1), Math.log(3)])).toBeCloseTo(Math.log(2), 12)
  expect(logMeanExp([-1000, -1000])).toBe(-1000)
  expect(logMeanExp([-Infinity, 0])).toBeCloseTo(-Math.LN2, 12)
  fc.assert(fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 9 }), fc.double({ min: -300, max: 300, noNaN: true }), (xs, c) => {
    expect(logMeanExp(xs.map((x) => x + c)) - c).toBeCloseTo(logMeanExp(xs), 9)
  }))
})

test('entropy of members (.9, .1) and (.1, .9): total .693147, aleatoric .325083, mutual information .368064', () => {
  const each = entropyRows([0.9, 0.1, 0.1, 0.9], 2)
  expect((each[0] + each[1]) / 2).toBeCloseTo(0.325083, 6)
  expect(entropyRows([0.5, 0.5], 2)[0]).toBeCloseTo(0.693147, 6)
  expect(entropyRows([1, 0], 2)[0]).toBe(0)
})

const refused = (f: () => unknown): unknown => {
  try { return f() } catch (e) { return (e as Error).cause }
}

test('what does not belong together is refused, with what was found', () => {
  const empty = new Int32Array(0)
  expect(refused(() => errorRate([0, 1, 1])(empty))).toMatchObject({ _tag: 'RowMismatch', path: ['Metrics', 'errorRate'], got: '3 rows that were observed, 0 predictions' })
  expect(refused(() => rmse([1, 2, 3])([1, 2]))).toMatchObject({ _tag: 'RowMismatch', path: ['Metrics', 'rmse'] })
  for (const f of [nll, brier, ece, reliability])
    for (const p of [empty, [0.5, 0.5, 0.5, 0.5]])
      expect(refused(() => f([0, 1, 1])(p))).toMatchObject({ _tag: 'RowMismatch', got: `3 labels, ${p.length} numbers` })
  expect(refused(() => argmaxRows([0.1, 0.9, 0.2], 2))).toMatchObject({ _tag: 'RowMismatch', got: '3 numbers in rows of 2' })
  expect(refused(() => entropyRows([0.1, 0.9], 0))).toMatchObject({ _tag: 'RowMismatch' })
  // labels that are no class, probabilities in the place of classes
  expect(refused(() => nll([0, 2])([0, 0, 0, 0]))).toMatchObject({ _tag: 'BadLabel', path: ['Metrics', 'nll', 'row 1'], got: '2' })
  expect(refused(() => errorRate([0, 1])([0.2, 0.7]))).toMatchObject({ _tag: 'BadLabel', path: ['Metrics', 'errorRate', 'row 0'] })
  expect(() => errorRate([0])([])).toThrow('need: a prediction a row')
})

test('one column is the probability of 1: the same scores as of both', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.constantFrom(0, 1)), { minLength: 1, maxLength: 12 }), (rows) => {
    const one = rows.map(([p]) => p), both = one.flatMap((p) => [1 - p, p]), labels = rows.map(([, y]) => y)
    expect(nll(labels)(one.map(Math.log))).toBeCloseTo(nll(labels)(both.map(Math.log)), 10)
    expect(brier(labels)(one)).toBeCloseTo(brier(labels)(both), 12)
    expect(ece(labels)(one)).toBeCloseTo(ece(labels)(both), 12)
    expect([...argmaxRows(one, 1)]).toEqual([...argmaxRows(both, 2)])
    entropyRows(one, 1).forEach((h, i) => { expect(h).toBeCloseTo(entropyRows(both, 2)[i], 12) })
  }))
  expect([...argmaxRows([0.5, 0.51], 1)]).toEqual([0, 1])
})
