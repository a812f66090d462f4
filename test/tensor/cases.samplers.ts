/**
 * Cases of draws with parameters and of their derivatives. Parameters are quarters of
 * whole numbers, so that they are exact in f32 and no slope by them is asked for: that
 * of a draw is the implicit one, tested in test/random.
 *
 * A device takes the same branches as f64 but for some 1e-6 of the elements (a few 1e-5
 * for counts in the hundreds); the few draws here all agree. Logs of gammas and angles
 * inherit the 1e-6 of a normal, times their slope of at most 3; log U / alpha at 1/4 is at
 * most 90, whose rounding the scale takes up. Derivatives are within 1e-4 (the bound in
 * shaders/lib/implicit.wgsl), here well inside the bulk.
 */
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { node } from '../../src/tensor/node.ts'
import type { ImplicitName } from '../../src/tensor/ops/implicit.ts'
import type { SamplerName } from '../../src/tensor/ops/samplers.ts'
import type { Case, Draw, Rng } from './draw.ts'
import { between, call, int, keyLeaf, leaf, pair, pick, shape, times, under, whole } from './draw.ts'

const quarter = (t: Tensor): Tensor => B.mul(B.cast(t, 'f32'), 0.25)
const hundredth = (t: Tensor): Tensor => B.div(B.cast(t, 'f32'), 128)

/** Parameters that broadcast to the draws, or have a leading axis of their own. */
const drawn = (op: SamplerName, parameters: readonly (readonly [Draw, (t: Tensor) => Tensor])[], tolerance: number) => (rng: Rng): Case => {
  const s = shape(rng, int(rng, 0, 2)), lead = rng() < 0.5 ? [] : shape(rng, int(rng, 1, 2))
  const full = [...lead, ...s]
  const shapes = times(parameters.length, () => (rng() < 0.25 ? [int(rng, 1, 3), ...full] : under(rng, full)))
  const ranks = shapes.filter((t) => t.length > full.length)
  // Two parameters with a leading axis share it.
  const fixed = shapes.map((t) => (t.length > full.length ? ranks[0] : t))
  return call([keyLeaf(rng, lead), ...parameters.map(([draw], i) => leaf(rng, `p${i}`, 'i32', fixed[i], draw))],
    (k, ...ps) => node(op, [k, ...ps.map((p, i) => parameters[i][1](p))], { shape: s }), tolerance)
}

const slope = (op: ImplicitName, most: number, draw: Draw) => (rng: Rng): Case => {
  const [s, t] = pair(rng)
  return call([leaf(rng, 'a', 'i32', s, whole(1, most)), leaf(rng, 'x', 'f32', t, draw)], (a, x) => node(op, [quarter(a), x]), 1e-4)
}

/** One generator an op. */
export const samplerCases: Readonly<Record<SamplerName | ImplicitName, (rng: Rng) => Case>> = {
  randomLogGamma: drawn('randomLogGamma', [[whole(1, 60), quarter]], 3e-6),
  randomVonMises: drawn('randomVonMises', [[whole(0, 60), quarter]], 3e-6),
  randomPoisson: drawn('randomPoisson', [[(rng, n) => times(n, () => pick(rng, [int(rng, 0, 39), int(rng, 40, 400)])), quarter]], 0),
  randomBinomial: drawn('randomBinomial', [[(rng, n) => times(n, () => pick(rng, [int(rng, 0, 40), int(rng, 40, 4000)])), quarter], [whole(0, 128), hundredth]], 0),
  logGammaGrad: slope('logGammaGrad', 60, between(-1, 2.5)),
  vonMisesGrad: slope('vonMisesGrad', 40, between(-2.5, 2.5))
}
