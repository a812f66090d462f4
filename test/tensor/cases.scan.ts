/**
 * Cases of loops: bodies with one or two carries of different shapes and dtypes, with and
 * without sequences, with captured weights, either way, 0 to 4 steps; any of their results.
 * Values stay of order 1 (tanh, or sums of a few terms); a step is some 10 + 2 k roundings,
 * and at most 4 steps follow each other.
 */
import * as B from '../../src/tensor/build.ts'
import type { Scanned, Tensors } from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { result, scanOf } from '../../src/tensor/ops/scan.ts'
import type { Case, Rng } from './draw.ts'
import { EPS, call, extent, int, leaf, pick, times } from './draw.ts'

/** One of a loop's results: a carry, something stacked, or a carry as the steps found it. */
const any = (rng: Rng, { carry, out }: Scanned<Tensors, Tensors>): Tensor => {
  const [first] = Object.values(carry) as readonly Tensor[]
  const s = scanOf(first.attrs), n = s.body.outputs.length + s.carries
  const real = times(n, (k) => result(first.args, s, k)).filter((t) => t.type._tag === 'Right' && t.type.right.dtype === 'f32')
  return rng() < 0.5 ? pick(rng, Object.values(out) as readonly Tensor[]) : pick(rng, real)
}

const length = (rng: Rng): number => pick(rng, [0, 1, 2, 3, 4])

/** h = tanh(h W + x V), W captured. */
const recurrent = (rng: Rng): Case => {
  const T = length(rng), n = extent(rng, 1), d = extent(rng, 1), h = extent(rng, 1), reverse = rng() < 0.5
  return call([leaf(rng, 'h', 'f32', [n, h]), leaf(rng, 'x', 'f32', [T, n, d]), leaf(rng, 'w', 'f32', [h, h]), leaf(rng, 'v', 'f32', [d, h])], (h0, x, w, v) =>
    any(rng, B.scan((c: { readonly h: Tensor }, s: { readonly x: Tensor }) => {
      const next = B.tanh(B.add(B.matmul(c.h, w), B.matmul(s.x, B.mul(2, v))))
      return { carry: { h: next }, out: { h: next, twice: B.mul(2, c.h) } }
    }, { init: { h: h0 }, xs: { x }, reverse })), 4 * (40 + 4 * (h + d)) * EPS * 16)
}

/** A sum beside a count, the count weighing what is added; a scalar from outside. */
const counted = (rng: Rng): Case => {
  const T = length(rng), n = extent(rng), reverse = rng() < 0.5
  return call([leaf(rng, 'a', 'f32', [n]), leaf(rng, 'x', 'f32', [T, n]), leaf(rng, 'k', 'f32', [])], (a, x, k) =>
    any(rng, B.scan(([s, i]: readonly Tensor[], [y]: readonly Tensor[]) => {
      const sum = B.add(s, B.div(B.mul(y, k), B.add(1, B.cast(i, 'f32'))))
      return { carry: [sum, B.add(i, 1)], out: [B.sum(B.mul(sum, y)), B.cast(i, 'f32'), k] }
    }, { init: [a, B.scalar(0, 'i32')], xs: [x], reverse })), 200 * EPS)
}

/** No sequences: two carries that change places. */
const swapped = (rng: Rng): Case => {
  const T = length(rng), n = extent(rng, 1)
  return call([leaf(rng, 'a', 'f32', [n]), leaf(rng, 'b', 'f32', [n])], (a, b) =>
    any(rng, B.scan(([p, q]: readonly Tensor[]) => ({ carry: [B.sin(q), p], out: [B.sub(p, q)] }), { init: [a, b], length: T })), 100 * EPS)
}

/** A loop in a loop: powers of each element of a sequence. */
const nested = (rng: Rng): Case => {
  const T = length(rng), n = extent(rng, 1), m = int(rng, 0, 3)
  return call([leaf(rng, 'a', 'f32', [n]), leaf(rng, 'x', 'f32', [T, n])], (a, x) =>
    any(rng, B.scan(([s]: readonly Tensor[], [y]: readonly Tensor[]) => {
      const { carry: [p] } = B.scan(([q]: readonly Tensor[]) => ({ carry: [B.tanh(B.mul(q, B.add(y, s)))], out: [] }), { init: [y], length: m })
      return { carry: [B.tanh(B.add(s, p))], out: [p] }
    }, { init: [a], xs: [x] })), 400 * EPS)
}

export const scanCases: Readonly<Record<'scan', (rng: Rng) => Case>> = {
  scan: (rng) => pick(rng, [recurrent, recurrent, counted, swapped, nested])(rng)
}
