/**
 * The WGSL libraries against f64 mathematics, over dense grids with their tails, at both
 * widths. The bounds are those stated beside the functions, for a device whose division
 * and square root are within WGSL's 2.5 ulp; errors count in ulp of the f32 result.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluate, openBench } from './evaluate.ts'
import type { Bench, Expression } from './evaluate.ts'

let bench: Bench
beforeAll(async () => { bench = await openBench() })
afterAll(() => { bench.device.destroy() })

const f32 = Math.fround
const linear = (lo: number, hi: number, n = 4000): readonly number[] => Array.from({ length: n }, (_, i) => f32(lo + ((hi - lo) * (i + 0.37)) / n))
const logarithmic = (lo: number, hi: number, n = 4000): readonly number[] => linear(Math.log(lo), Math.log(hi), n).map((v) => f32(Math.exp(v)))
const both = (xs: readonly number[]): readonly number[] => [...xs, ...xs.map((x) => -x)]
/** The floats next to x. */
const around = (x: number, n = 200): readonly number[] => {
  const w = new Int32Array(Float32Array.of(x).buffer)[0]
  return Array.from({ length: 2 * n + 1 }, (_, i) => new Float32Array(Int32Array.of(w + i - n).buffer)[0])
}

/** Distance of neighbouring f32 values at v. */
const ulp = (v: number): number => 2 ** (Math.floor(Math.log2(Math.max(Math.abs(v), 2 ** -126))) - 23)
const LEAST = 2 ** -126

interface Check {
  readonly wgsl: string
  readonly exact: (a: number, b: number) => number
  readonly a: readonly number[]
  readonly b?: readonly number[]
  /** Bound in ulp of the result, and an absolute one that is added. */
  readonly ulps: number
  readonly absolute?: (a: number, b: number) => number
}

const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))
const wide = logarithmic(1.2e-38, 3e38)
const unit = [...linear(-1, 1), ...both(logarithmic(1e-30, 0.9)), 0, 1, -1, 0.5, -0.5]
const powers = logarithmic(1e-3, 1e3)

const checks: readonly Check[] = [
  { wgsl: 'f_exp(a)', exact: Math.exp, a: [...linear(-87.3, 88.72, 20000), ...both(logarithmic(1e-30, 1)), 0], ulps: 2 },
  { wgsl: 'f_expm1(a)', exact: Math.expm1, a: [...linear(-30, 88.7, 20000), ...linear(-2, 2), ...both(logarithmic(1e-37, 1))], ulps: 2 },
  { wgsl: 'f_log(a)', exact: Math.log, a: [...wide, ...linear(0.3, 3, 20000), ...around(1), ...around(Math.SQRT1_2), ...around(Math.SQRT2)], ulps: 1.1 },
  { wgsl: 'f_log1p(a)', exact: Math.log1p, a: [...wide, ...wide.filter((x) => x < 0.99).map((x) => -x), ...linear(-0.999, 3, 20000), ...around(-0.2929), ...around(0.41421)], ulps: 2 },
  { wgsl: 'log_normal(a)', exact: Math.log, a: wide, ulps: 1.1 },
  { wgsl: 'log1p_normal(a)', exact: Math.log1p, a: [...linear(-0.99, 3), ...logarithmic(1e-37, 1e19)], ulps: 2 },
  { wgsl: 'f_pow(a, b)', exact: Math.pow, a: powers, b: powers.map((_, i) => ((i * 7919) % 4000) / 400 - 5), ulps: 0,
    absolute: (a, b) => Math.abs(a ** b) * 1.5e-7 * (1 + Math.abs(b * Math.log(a))) },
  { wgsl: 'f_pow(-a, round(b))', exact: (a, b) => Math.pow(-a, Math.round(b)), a: powers, b: powers.map((_, i) => (i % 9) - 4), ulps: 0,
    absolute: (a, b) => Math.abs(a ** b) * 1.5e-7 * (1 + Math.abs(b * Math.log(a))) },
  { wgsl: 'f_sin(a)', exact: Math.sin, a: [...linear(-12800, 12800, 20000), ...linear(-10, 10, 8000)], ulps: 0, absolute: () => 1.2e-7 },
  { wgsl: 'f_cos(a)', exact: Math.cos, a: [...linear(-12800, 12800, 20000), ...linear(-10, 10, 8000)], ulps: 0, absolute: () => 1.2e-7 },
  { wgsl: 'f_sin(a)', exact: Math.sin, a: both(logarithmic(1e-37, 0.785)), ulps: 2 },
  { wgsl: 'f_tan(a)', exact: Math.tan, a: [...linear(-12800, 12800, 20000), ...linear(-10, 10)], ulps: 0,
    absolute: (a) => Math.abs(Math.tan(a)) * (4e-7 + 2e-8 * (Math.abs(Math.tan(a)) + 1 / Math.abs(Math.tan(a)))) },
  { wgsl: 'f_tan(a)', exact: Math.tan, a: both(logarithmic(1e-37, 0.785)), ulps: 4 },
  { wgsl: 'f_asin(a)', exact: Math.asin, a: unit, ulps: 4 },
  { wgsl: 'f_acos(a)', exact: Math.acos, a: [...unit, ...linear(0.999, 1)], ulps: 4 },
  { wgsl: 'f_atan(a)', exact: Math.atan, a: [...both(wide), ...linear(-3, 3)].filter((x) => Math.abs(x) < 8e37), ulps: 4 },
  { wgsl: 'f_atan2(a, b)', exact: Math.atan2, a: [...both(powers), 0, 0, 1, -1], b: [...both([...powers].reverse()).map((x, i) => (i % 3 === 0 ? -x : x)), 1, -1, 0, 0], ulps: 5 },
  { wgsl: 'f_tanh(a)', exact: Math.tanh, a: [...linear(-12, 12, 20000), ...both(logarithmic(1e-37, 1)), 1e10, -1e30], ulps: 5 },
  { wgsl: 'f_sinh(a)', exact: Math.sinh, a: [...linear(-89.3, 89.3, 20000), ...both(logarithmic(1e-36, 1))], ulps: 5 },
  { wgsl: 'f_cosh(a)', exact: Math.cosh, a: [...linear(-89.3, 89.3, 20000), 0], ulps: 5 },
  { wgsl: 'f_asinh(a)', exact: Math.asinh, a: [...both(wide), ...linear(-3, 3)], ulps: 5 },
  { wgsl: 'f_acosh(a)', exact: Math.acosh, a: [...logarithmic(1.001, 3e38), ...linear(1, 3), 1], ulps: 5 },
  { wgsl: 'f_atanh(a)', exact: Math.atanh, a: [...linear(-0.9999, 0.9999, 20000), ...both(logarithmic(1e-37, 0.9))], ulps: 5 },
  { wgsl: 'f_sigmoid(a)', exact: sigmoid, a: linear(-87, 100, 20000), ulps: 5 },
  { wgsl: 'f_softplus(a)', exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), a: [...linear(-87, 100, 20000), ...linear(-2, 2)], ulps: 3 },
  { wgsl: 'f_round_even(a)', exact: (x) => { const r = Math.round(x); return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r },
    a: [...linear(-30, 30), ...Array.from({ length: 81 }, (_, i) => i / 2 - 20)], ulps: 0 },
  { wgsl: 'f_mod(a, b)', exact: (a, b) => a - b * Math.floor(a / b), a: [...linear(-1000, 1000), 6, -6, 7], b: [...linear(-3, 3), 3, 3, -7], ulps: 0,
    absolute: (a, b) => (Math.abs(a / b) < 4096 ? 2 ** -23 * Math.abs(b) : 2 ** -22 * Math.abs(a)) },
  { wgsl: 'f_floor_div(a, b)', exact: (a, b) => Math.floor(a / b), a: Array.from({ length: 4000 }, (_, i) => (i % 200) - 100), b: Array.from({ length: 4000 }, (_, i) => ((i / 200) | 0) - 9.5), ulps: 0 }
]

for (const width of [1, 4] as const) {
  describe(`libraries at width ${width}`, () => {
    let values: readonly (readonly number[])[]
    beforeAll(async () => {
      values = await evaluate(bench, 'bits, explog, trig, hyper', width, checks.map(({ wgsl, a, b }): Expression => ({ wgsl, type: 'F', a, ...(b === undefined ? {} : { b }) })))
    })
    checks.forEach((c, j) => {
      it(`${c.wgsl} (${j}) is within its bound`, () => {
        let worst = { over: -Infinity, a: 0, b: 0, got: 0, want: 0, ulps: 0 }
        c.a.forEach((x, i) => {
          const b = c.b?.[i] ?? 1
          const want = c.exact(f32(x), f32(b)), got = values[j][i]
          if (Math.abs(want) > 3.4e38) return
          // A result below the least normal number may be flushed to 0.
          const allowed = c.ulps * ulp(want) + (c.absolute?.(f32(x), f32(b)) ?? 0) + (Math.abs(want) < LEAST ? LEAST : 0)
          const error = Math.abs(got - want)
          const over = Number.isFinite(got) ? error / Math.max(allowed, 1e-300) : Infinity
          if (error > 0 && over > worst.over) worst = { over, a: x, b, got, want, ulps: error / ulp(want) }
          if (Number.isNaN(got)) worst = { over: Infinity, a: x, b, got, want, ulps: NaN }
        })
        expect(worst.over, JSON.stringify(worst)).toBeLessThanOrEqual(1)
      })
    })

    it('edges: overflow is infinite, NaN stays NaN, logarithms of 0 and below', async () => {
      const a = [200, -200, 0, -1, NaN, Infinity, -Infinity, 1]
      const [exp, expm1, log, log1p, tanh, sinh, softplus, sigmoid_, sin, finite, pow0] = await evaluate(bench, 'bits, explog, trig, hyper', width, [
        'f_exp(a)', 'f_expm1(a)', 'f_log(a)', 'f_log1p(a)', 'f_tanh(a)', 'f_sinh(a)', 'f_softplus(a)', 'f_sigmoid(a)', 'f_sin(a)',
        'select(F(0.0), F(1.0), f_is_finite(a))', 'f_pow(F(0.0), a)'
      ].map((wgsl): Expression => ({ wgsl, type: 'F', a })))
      expect(exp).toEqual([Infinity, 0, 1, f32(Math.exp(-1)), NaN, Infinity, 0, f32(Math.E)])
      expect(expm1.slice(0, 3)).toEqual([Infinity, -1, 0])
      expect(expm1.slice(4, 7)).toEqual([NaN, Infinity, -1])
      expect(log.slice(1, 8)).toEqual([NaN, -Infinity, NaN, NaN, Infinity, NaN, 0])
      expect(log1p.slice(2, 7)).toEqual([0, -Infinity, NaN, Infinity, NaN])
      expect([tanh[0], tanh[1], tanh[4], tanh[5], tanh[6]]).toEqual([1, -1, NaN, 1, -1])
      expect([sinh[0], sinh[1], sinh[4]]).toEqual([Infinity, -Infinity, NaN])
      expect([softplus[0], softplus[1], softplus[4]]).toEqual([200, 0, NaN])
      expect([sigmoid_[0], sigmoid_[1], sigmoid_[4]]).toEqual([1, 0, NaN])
      expect(sin[4]).toBe(NaN)
      expect(finite).toEqual([1, 1, 1, 1, 0, 0, 0, 1])
      expect(pow0.slice(0, 4)).toEqual([0, Infinity, 1, Infinity])
    })

    it('whole-number arithmetic is that of the op table, exactly', async () => {
      const ints = [0, 1, -1, 2, -2, 3, -3, 7, -7, 31, 32, 33, 1000003, -1000003, 2 ** 31 - 1, -(2 ** 31)]
      const uints = ints.map((v) => v >>> 0)
      const pairs = (xs: readonly number[]): { a: number[]; b: number[] } => ({ a: xs.flatMap((x) => xs.map(() => x)), b: xs.flatMap(() => xs) })
      const i = pairs(ints), u = pairs(uints)
      const exactI: Record<string, (a: number, b: number) => number> = {
        'i_floor_div(a, b)': (a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0),
        'i_mod(a, b)': (a, b) => (b === 0 ? 0 : (((a % b) + b) % b) + 0),
        'i_shift_left(a, b)': (a, b) => a << (b & 31),
        'i_shift_right(a, b)': (a, b) => a >> (b & 31)
      }
      const exactU: Record<string, (a: number, b: number) => number> = {
        'u_floor_div(a, b)': (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
        'u_mod(a, b)': (a, b) => (b === 0 ? 0 : a % b),
        'u_shift_left(a, b)': (a, b) => (a << (b & 31)) >>> 0,
        'u_shift_right(a, b)': (a, b) => a >>> (b & 31)
      }
      const got = await evaluate(bench, 'bits', width, [
        ...Object.keys(exactI).map((wgsl): Expression => ({ wgsl, type: 'I', ...i })),
        ...Object.keys(exactU).map((wgsl): Expression => ({ wgsl, type: 'U', ...u }))
      ])
      Object.values(exactI).forEach((f, k) => expect(got[k]).toEqual(i.a.map((a, n) => f(a, i.b[n]) + 0)))
      Object.values(exactU).forEach((f, k) => expect(got[4 + k]).toEqual(u.a.map((a, n) => f(a, u.b[n]))))
    })
  })
}
