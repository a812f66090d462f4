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
