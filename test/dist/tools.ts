/** Quadrature and evaluation for the tests of distributions, independent of src/dist. */
import { E } from '../../src/fp.ts'
import { renderAll } from '../../src/error.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Values } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'

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

/** The integral of exp(logp) over a box of the reals' space by the trapezium rule; `logp` takes [n, dims] and gives [n]. */
export const boxIntegral = (logp: (u: Tensor) => Tensor, dims: number, half: number, steps: number): number => {
  const h = (2 * half) / steps, n = (steps + 1) ** dims
  const data = Array.from({ length: n }, (_, i) => Array.from({ length: dims }, (_x, d) => -half + h * (Math.floor(i / (steps + 1) ** d) % (steps + 1)))).flat()
  return value(logp(B.leaf('input', 'u', [n, dims])), { u: { shape: [n, dims], data } }).reduce((s, lp) => s + Math.exp(lp), 0) * h ** dims
}
