/**
 * The WGSL of the special functions against their f64 meanings (which test/tensor checks on
 * their own), over dense grids with their tails, at both widths. Bounds are relative to the
 * exact value, those stated beside the functions; where a stated bound has an absolute part
 * the check has it too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { besselRatio, logI0 } from '../../src/tensor/special/bessel.ts'
import { erf, erfc, erfcx, erfinv, logNdtr, ndtri } from '../../src/tensor/special/erf.ts'
import { betainc, betaKernel, gammainc, gammaincc, gammaincSlope, gammaKernel } from '../../src/tensor/special/incomplete.ts'
import { digamma, lbeta, lgamma, polygamma } from '../../src/tensor/special/gamma.ts'
import { evaluate, openBench } from './evaluate.ts'
import type { Bench, Expression } from './evaluate.ts'

let bench: Bench
beforeAll(async () => { bench = await openBench() })
afterAll(() => { bench.device.destroy() })

const f32 = Math.fround
const linear = (lo: number, hi: number, n = 2000): readonly number[] => Array.from({ length: n }, (_, i) => f32(lo + ((hi - lo) * (i + 0.37)) / n))
const logarithmic = (lo: number, hi: number, n = 2000): readonly number[] => linear(Math.log(lo), Math.log(hi), n).map((v) => f32(Math.exp(v)))
const both = (xs: readonly number[]): readonly number[] => [...xs, ...xs.map((x) => -x)]
/** The floats next to x. */
const around = (x: number, n = 100): readonly number[] => {
  const w = new Int32Array(Float32Array.of(x).buffer)[0]
  return Array.from({ length: 2 * n + 1 }, (_, i) => new Float32Array(Int32Array.of(w + i - n).buffer)[0])
}
/** All pairs of two lists, as two long lists. */
const cross = (as: readonly number[], bs: readonly number[]): { readonly a: readonly number[]; readonly b: readonly number[] } =>
  ({ a: as.flatMap((x) => bs.map(() => x)), b: as.flatMap(() => bs) })

interface Check {
  readonly wgsl: string
  readonly exact: (a: number, b: number) => number
  readonly a: readonly number[]
  readonly b?: readonly number[]
  readonly relative: number
  /** An absolute error that is added. */
  readonly absolute?: (a: number, b: number) => number
}

const positive = [...logarithmic(1.2e-38, 3e36, 4000), ...linear(0.001, 12, 8000), ...around(1), ...around(2), ...around(1.5), ...around(2.5), ...around(8), ...around(0.5)]
const normals = [...linear(-14, 14, 8000), ...both(logarithmic(1e-30, 1))]

const elementary: readonly Check[] = [
  { wgsl: 'f_lgamma(a)', exact: lgamma, a: positive, relative: 5e-7 },
  { wgsl: 'f_digamma(a)', exact: digamma, a: [...positive, ...around(1.4616321)], relative: 1e-6 },
  ...[1, 2, 3, 5, 8, 12].map((n): Check => ({ wgsl: `f_polygamma(${n}, a)`, exact: (x) => polygamma(n, x), a: [...logarithmic(n < 3 ? 1e-10 : 0.01, n < 3 ? 1e10 : 100), ...linear(0.1, 20)], relative: 1.5e-6 })),
  { wgsl: 'f_lbeta(a, b)', exact: lbeta, ...cross(logarithmic(1e-6, 1e7, 90), logarithmic(1e-6, 1e7, 90)), relative: 5e-7, absolute: () => 5e-7 },
  { wgsl: 'f_lbeta(a, b)', exact: lbeta, ...cross(linear(0.05, 14, 90), linear(0.05, 14, 90)), relative: 5e-7, absolute: () => 5e-7 },
  { wgsl: 'f_erf(a)', exact: erf, a: normals, relative: 4e-7 },
  { wgsl: 'f_erfc(a)', exact: erfc, a: [...linear(-6, 9.1, 8000), ...both(logarithmic(1e-30, 1))], relative: 8e-7 },
  { wgsl: 'f_erfcx(a)', exact: erfcx, a: [...linear(-9.3, 30, 8000), ...logarithmic(1e-20, 1e30)], relative: 1e-6 },
  { wgsl: 'f_log_ndtr(a)', exact: logNdtr, a: [...linear(-40, 12.8, 8000), ...logarithmic(1, 1e15).map((x) => -x)], relative: 6e-7 },
  { wgsl: 'f_erfinv(a)', exact: erfinv, a: [...linear(-1, 1, 8000), ...both(logarithmic(1e-30, 1)), ...both(logarithmic(6e-8, 0.5).map((x) => f32(1 - x)).filter((x) => x < 1))], relative: 2e-6 },
  { wgsl: 'f_ndtri(a)', exact: ndtri, a: [...linear(0, 0.45, 4000), ...logarithmic(1.2e-38, 0.45, 4000), ...linear(0.55, 1), ...logarithmic(6e-8, 0.45).map((x) => f32(1 - x)).filter((x) => x < 1)], relative: 2e-6 },
  { wgsl: 'f_ndtri(a)', exact: ndtri, a: linear(0.45, 0.55), relative: 2e-6 },
  { wgsl: 'f_log_i0(a)', exact: logI0, a: both([...logarithmic(1e-15, 1e7, 4000), ...linear(0, 20), ...around(8)]), relative: 6e-7 },
  { wgsl: 'f_bessel_ratio(a)', exact: besselRatio, a: both([...logarithmic(1e-15, 1e7, 4000), ...linear(0, 20), ...around(8)]), relative: 4e-7 }
]

/** Worst ratio of error to bound. */
const judge = (c: Check, got: readonly number[]): { over: number; a: number; b: number; got: number; want: number } => {
  let worst = { over: 0, a: 0, b: 0, got: 0, want: 0 }
  c.a.forEach((x, i) => {
    const b = c.b?.[i] ?? 1, want = c.exact(f32(x), f32(b))
    // Overflow is infinite; a result below the least normal number may be flushed to 0.
    if (Math.abs(want) > 3.4e38) return
    const allowed = c.relative * Math.abs(want) + (c.absolute?.(f32(x), f32(b)) ?? 0) + 2 ** -126
    const over = Number.isFinite(got[i]) ? Math.abs(got[i] - want) / allowed : Infinity
    if (over > worst.over) worst = { over, a: x, b, got: got[i], want }
  })
  return worst
}

const suite = (uses: string, checks: readonly Check[]): void => {
  for (const width of [1, 4] as const)
    describe(`${uses} at width ${width}`, () => {
      let values: readonly (readonly number[])[]
      beforeAll(async () => {
        values = await evaluate(bench, uses, width, checks.map(({ wgsl, a, b }): Expression => ({ wgsl, type: 'F', a, ...(b === undefined ? {} : { b }) })))
      })
      checks.forEach((c, j) => {
        it(`${c.wgsl} (${j}) is within its bound`, () => {
          const worst = judge(c, values[j])
          expect(worst.over, JSON.stringify(worst)).toBeLessThanOrEqual(1)
        })
      })
    })
}

suite('gamma, erf, bessel', elementary)

/** Relative error of the gamma kernel's formula. */
const gammaLoss = (a: number, x: number): number => 1e-6 + 3e-7 * (a * Math.abs(Math.log(x / a)) + Math.abs(x - a))
const shapes = cross(logarithmic(1e-3, 1e4, 60), logarithmic(1e-4, 2e4, 200))
/** Arguments within some deviations of the mean, for large shapes too. */
const central = ((): { readonly a: readonly number[]; readonly b: readonly number[] } => {
  const g = cross(logarithmic(0.5, 1e6, 80), linear(-5, 6, 60))
  return { a: g.a, b: g.a.map((a, i) => f32(Math.max(1e-3, a + g.b[i] * Math.sqrt(a)))) }
})()
const onSmall = (a: number, x: number): boolean => x < Math.max(1, a)

suite('incomplete', [shapes, central].flatMap((at): readonly Check[] => [
  { wgsl: 'f_gamma_kernel(a, b)', exact: gammaKernel, ...at, relative: 0, absolute: (a, x) => gammaKernel(a, x) * gammaLoss(a, x) },
  { wgsl: 'f_gammainc(a, b)', exact: gammainc, ...at, relative: 0, absolute: (a, x) => (onSmall(a, x) ? gammainc(a, x) * (2e-6 + gammaLoss(a, x)) : 1e-6) },
  { wgsl: 'f_gammaincc(a, b)', exact: gammaincc, ...at, relative: 0, absolute: (a, x) => (onSmall(a, x) ? 1e-6 : gammaincc(a, x) * (2e-6 + gammaLoss(a, x))) },
  { wgsl: 'f_gammainc_slope(a, b)', exact: gammaincSlope, ...at, relative: 0, absolute: (a, x) => Math.abs(gammaincSlope(a, x)) * (4e-6 + gammaLoss(a, x)) }
]))

/** Relative error of the beta kernel's formula. */
const betaLoss = (a: number, b: number, x: number): number =>
  2e-6 + 3e-7 * (Math.sqrt(a + b) + (Math.min(a, b) < 8 ? Math.abs(lbeta(a, b)) : 0) + a * Math.abs(Math.log((x * (a + b)) / a)) + b * Math.abs(Math.log(((1 - x) * (a + b)) / b)))
/** Any two shapes at a fixed argument; and b = a 2^k at arguments around the mean, k + 16 in the argument's last bits. */
const parameters = cross(logarithmic(0.01, 1e4, 60), logarithmic(0.01, 1e4, 60))
const last = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0] & 31
const tagged = (x: number, k: number): number => new Float32Array(Uint32Array.of((new Uint32Array(Float32Array.of(x).buffer)[0] & ~31) | (k + 16)).buffer)[0]
const meanward = logarithmic(0.05, 1e4, 40).flatMap((a) => [-12, -9, -6, -3, -1, 0, 1, 3, 6, 9, 12].flatMap((k) => {
  const b = a * 2 ** k, mean = a / (a + b), deviation = Math.sqrt((mean * (1 - mean)) / (a + b + 1))
  return linear(-5, 5, 20).map((z) => mean + z * deviation).filter((x) => x > 1e-6 && x < 1 - 1e-6).map((x) => [a, tagged(x, k)] as const)
}))
const near = { a: meanward.map(([a]) => a), b: meanward.map(([, x]) => x) }
const scaled = 'a * power_of_two(I(bitcast<U>(b) & U(31u)) - I(16))'
const small = (a: number, b: number, x: number): boolean => x < (a + 1) / (a + b + 2)
const betas = (at: Pick<Check, 'a' | 'b'>, wgsl: string, args: (a: number, b: number) => readonly [number, number, number]): readonly Check[] => [
  { wgsl: `f_beta_kernel(${wgsl})`, exact: (a, b) => betaKernel(...args(a, b)), ...at, relative: 0, absolute: (a, b) => betaKernel(...args(a, b)) * betaLoss(...args(a, b)) },
  { wgsl: `f_betainc(${wgsl})`, exact: (a, b) => betainc(...args(a, b)), ...at, relative: 0, absolute: (a, b) => (small(...args(a, b)) ? betainc(...args(a, b)) * (4e-6 + betaLoss(...args(a, b))) : 1e-5) }
]
suite('incomplete', [
  ...betas(near, `a, ${scaled}, b`, (a, x) => [a, a * 2 ** (last(x) - 16), x]),
  ...betas(parameters, 'a, b, F(0.4)', (a, b) => [a, b, f32(0.4)])
])

describe('edges', () => {
  it('of the functions of one argument', async () => {
    const a = [0, -1, NaN, Infinity, 1, 2]
    const [lgamma_, digamma_, erf_, erfc_, erfcx_, erfinv_, ndtri_, logNdtr_, logI0_, ratio] = await evaluate(bench, 'gamma, erf, bessel', 4,
      ['f_lgamma(a)', 'f_digamma(a)', 'f_erf(a)', 'f_erfc(a)', 'f_erfcx(a)', 'f_erfinv(a)', 'f_ndtri(a)', 'f_log_ndtr(a)', 'f_log_i0(a)', 'f_bessel_ratio(a)'].map((wgsl): Expression => ({ wgsl, type: 'F', a })))
    expect(lgamma_).toEqual([Infinity, NaN, NaN, Infinity, 0, 0])
    expect(digamma_.slice(0, 3)).toEqual([-Infinity, NaN, NaN])
    expect([erf_[0], erf_[2], erf_[3]]).toEqual([0, NaN, 1])
    expect([erfc_[0], erfc_[2], erfc_[3]].map((v) => v.toFixed(6))).toEqual(['1.000000', 'NaN', '0.000000'])
    expect([erfcx_[2], erfcx_[3]]).toEqual([NaN, 0])
    expect(erfinv_.slice(0, 5)).toEqual([0, -Infinity, NaN, NaN, Infinity])
    expect([ndtri_[0], ndtri_[1], ndtri_[2], ndtri_[4], ndtri_[5]]).toEqual([-Infinity, NaN, NaN, Infinity, NaN])
    expect([logNdtr_[2], logNdtr_[3]]).toEqual([NaN, 0])
    expect([logI0_[0], logI0_[2]]).toEqual([0, NaN])
    expect([ratio[0], ratio[2]]).toEqual([0, NaN])
  })
})
