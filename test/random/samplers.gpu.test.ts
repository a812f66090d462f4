/**
 * Draws and their derivatives on the device against their f64 twins, over the whole range
 * of parameters.
 *
 * The twins read the same words; they part where an f32 rounding changes a decision: an
 * acceptance within 1e-6 of its boundary, or the whole part of a number of the size of the
 * standard deviation, whose rounding is some 2^-22 of it. So a share of 1e-3 of the
 * elements may differ up to means of 1e6 (where the deviation is 1000), and 5e-4 at the
 * continuous ones.
 */
import { describe, expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { implicit, keyOf, samplers } from '../../src/random/index.ts'
import { openSession } from '../../src/run/open.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { evaluate } from '../tensor/support.ts'

const N = 8192
const key = B.array(Uint32Array.from(keyOf(77)), [2], 'u32')

const onDevice = async (outputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, ArrayLike<number>>>> => {
  const session = await orThrow(openSession({ outputs, updates: {}, record: {}, extents: {} }, {}))
  await orThrow(session.run(1))
  const read = await orThrow(session.read(Object.keys(outputs)))
  session.destroy()
  return Object.fromEntries(Object.keys(outputs).map((k) => [k, read[k].data]))
}

const expected = (f: (element: number) => number): readonly number[] => Array.from({ length: N }, (_, i) => f(i))
const shareOver = (got: ArrayLike<number>, want: readonly number[], tolerance: (v: number) => number): number =>
  want.filter((v, i) => !(Math.abs(v - got[i]) <= tolerance(v))).length / want.length
const f32 = Math.fround
const column = (values: readonly number[]): Tensor => B.array(Float32Array.from(values), [values.length, 1])

describe('draws on the device', () => {
  const ALPHA = [1e-3, 0.2, 1, 6.5, 300, 1e4].map(f32), KAPPA = [1e-3, 0.7, 8, 1e3, 1e6].map(f32)
  const RATE = [0.05, 4, 9.9, 10.1, 77, 1e4, 1e6].map(f32), TRIALS: readonly (readonly [number, number])[] = [[7, 0.5], [1000, 0.004], [60, 0.75], [5000, 0.3], [1e6, 0.4]]

  test('agree with their twins', async () => {
    const draws = await onDevice({
      gamma: B.randomLogGamma(key, column(ALPHA), [N]),
      mises: B.randomVonMises(key, column(KAPPA), [N]),
      poisson: B.randomPoisson(key, column(RATE), [N]),
      binomial: B.randomBinomial(key, column(TRIALS.map((t) => t[0])), column(TRIALS.map((t) => t[1])), [N])
    })
    const row = (name: string, r: number): readonly number[] => Array.from({ length: N }, (_, i) => draws[name][r * N + i])
    // Roundings of log d and of log U / alpha; that of the normal grows by (alpha / x)^(1/3) in log(1 + t).
    ALPHA.forEach((a, r) => expect(shareOver(row('gamma', r), expected(samplers.logGamma(a)(keyOf(77))), (v) => 4e-6 + 4e-7 * Math.abs(v) + (a < 1 ? 0 : 2e-6 * Math.exp((Math.log(a) - v) / 3))), `alpha ${a}`).toBeLessThanOrEqual(5e-4))
    KAPPA.forEach((k, r) => expect(shareOver(row('mises', r), expected(samplers.vonMises(k)(keyOf(77))), (v) => 4e-6 * Math.abs(v) + 1e-9), `kappa ${k}`).toBeLessThanOrEqual(5e-4))
    RATE.forEach((m, r) => expect(shareOver(row('poisson', r), expected(samplers.poisson(m)(keyOf(77))), () => 0), `rate ${m}`).toBeLessThanOrEqual(1e-3))
    TRIALS.forEach(([n, p], r) => expect(shareOver(row('binomial', r), expected(samplers.binomial(n, f32(p))(keyOf(77))), () => 0), `${n} ${p}`).toBeLessThanOrEqual(1e-3))
  })

  test('have derivatives within 1e-3 of f64, from the same draws', async () => {
    const M = 1024
    const flat = (parameters: readonly number[], draw: (p: number) => (element: number) => number): readonly number[] =>
      parameters.flatMap((p) => Array.from({ length: M }, (_, i) => f32(draw(p)(i))))
    const ys = flat(ALPHA, (a) => samplers.logGamma(a)(keyOf(5))), xs = flat(KAPPA.slice(0, 4), (k) => samplers.vonMises(k)(keyOf(5)))
    const got = await onDevice({
      gamma: B.logGammaGrad(column(ALPHA), B.array(Float32Array.from(ys), [ALPHA.length, M])),
      mises: B.vonMisesGrad(column(KAPPA.slice(0, 4)), B.array(Float32Array.from(xs), [4, M]))
    })
    ys.forEach((y, i) => { const a = ALPHA[Math.floor(i / M)], want = implicit.logGammaSlope(a, y); expect(Math.abs(got['gamma'][i] / want - 1), `${a} ${y}`).toBeLessThan(1e-3) })
    xs.forEach((x, i) => { const k = KAPPA[Math.floor(i / M)], want = implicit.vonMisesSlope(k, x); expect(Math.abs(got['mises'][i] - want), `${k} ${x}`).toBeLessThan(1e-3 * Math.abs(want)) })
  })

  test('go into sums with their gradients', async () => {
    const alpha = column([0.3, 2, 40]), y = B.randomLogGamma(key, alpha, [N]), total = B.sum(B.exp(y), [1])
    const [slope] = grad([alpha])(B.sum(total))
    const got = await onDevice({ total, slope })
    const want = evaluate({}, [total, slope])
    // Terms are within 1e-5 each, slopes within 1e-4.
    want[0].data.forEach((v, i) => expect(Math.abs(got['total'][i] / v - 1)).toBeLessThan(2e-5))
    want[1].data.forEach((v, i) => expect(Math.abs(got['slope'][i] / v - 1)).toBeLessThan(1e-4))
  })
})
