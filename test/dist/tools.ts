/** Quadrature and evaluation for the tests of distributions, independent of src/dist. */
import { E } from '../../src/fp.ts'
import { renderAll } from '../../src/error.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Values } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import type { FamilyName } from '../../src/dist/index.ts'

/** The value of a graph in f64. */
export const value = (t: Tensor, values: Values = {}): readonly number[] => {
  const r = interpret(values)([t])
  if (E.isLeft(r)) throw new Error(renderAll(r.left))
  return [...r.right[0].data]
}

/** `f` at many points at once: f64 in, f64 out. */
export const at = (f: (x: Tensor) => Tensor, xs: readonly number[]): readonly number[] =>
  value(B.broadcastTo(f(B.leaf('input', 'x', [xs.length])), [xs.length]), { x: { shape: [xs.length], data: xs } })

export type Range = readonly [number, number]

/** Nodes and weights of the double exponential rule on an interval, a half line or the line (Takahasi and Mori 1974). */
const nodes = ([a, b]: Range): readonly (readonly [number, number])[] => {
  const h = 1 / 64
  const out: (readonly [number, number])[] = []
  for (let i = -280; i <= 280; i++) {
    const t = i * h, s = (Math.PI / 2) * Math.sinh(t), ds = (Math.PI / 2) * Math.cosh(t)
    const [x, w] = Number.isFinite(a) && Number.isFinite(b)
      ? [Math.tanh(s) < 0 ? a + (b - a) / (1 + Math.exp(-2 * s)) : b - (b - a) / (1 + Math.exp(2 * s)), ((b - a) / 2) * ds / Math.cosh(s) ** 2]
      : Number.isFinite(a) ? [a + Math.exp(s), Math.exp(s) * ds]
      : Number.isFinite(b) ? [b - Math.exp(s), Math.exp(s) * ds]
      : [Math.sinh(s), Math.cosh(s) * ds]
    if (Number.isFinite(x) && Number.isFinite(w) && w > 0 && x !== a && x !== b && Math.abs(x) < 1e150) out.push([x, w * h])
  }
  return out
}

/** The integral of exp(logp) g over a range. */
export const integral = (logp: (x: Tensor) => Tensor, range: Range, g: (x: number, lp: number) => number = () => 1): number => {
  const ns = nodes(range)
  const lps = at(logp, ns.map(([x]) => x))
  return ns.reduce((sum, [x, w], i) => (lps[i] < -700 ? sum : sum + w * Math.exp(lps[i]) * g(x, lps[i])), 0)
}

/** The integral of exp(logp) over [-40, 40] by the trapezium rule, spectrally accurate where the ends have decayed. */
export const lineIntegral = (logp: (u: Tensor) => Tensor): number => {
  const us = Array.from({ length: 8001 }, (_, i) => -40 + i * 0.01)
  return at(logp, us).reduce((sum, lp) => sum + 0.01 * Math.exp(lp), 0)
}

/** Continuous proper families with parameters that are not the defaults, and where they live. */
export const cases: readonly { readonly family: FamilyName; readonly params: Readonly<Record<string, number>>; readonly range: Range }[] = [
  { family: 'normal', params: { mu: 0.7, sd: 2.5 }, range: [-Infinity, Infinity] },
  { family: 'laplace', params: { mu: -0.4, b: 1.7 }, range: [-Infinity, Infinity] },
  { family: 'cauchy', params: { alpha: 0.3, beta: 0.8 }, range: [-Infinity, Infinity] },
  { family: 'logNormal', params: { mu: 0.2, sd: 0.6 }, range: [0, Infinity] },
  { family: 'halfNormal', params: { sd: 1.4 }, range: [0, Infinity] },
  { family: 'exponential', params: { lam: 0.35 }, range: [0, Infinity] },
  { family: 'halfCauchy', params: { beta: 2.2 }, range: [0, Infinity] },
  { family: 'uniform', params: { lower: -1.5, upper: 2.25 }, range: [-1.5, 2.25] }
]
