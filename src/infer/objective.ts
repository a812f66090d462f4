/**
 * What is minimised, from draws of a family: minus the evidence lower bound in nats of
 * the full data, or minus the log posterior density of a point.
 *
 * loss = mean over draws of [-(N / B) sum of batch log likelihoods + KL(q | prior)].
 * The KL of a block is its closed form where prior and q are both normal, given the
 * drawn parents (Kingma and Welling 2014, appendix B); else log q - log p of the same
 * draw. `pathDerivative` drops the score term of such a block: q's parameters are
 * constants inside log q (Roeder, Wu and Duvenaud 2017).
 *
 * Law: only likelihoods are scaled by N / B.
 *
 * @since 0.1.0
 */
import { O, pipe } from '../fp.ts'
import * as B from '../tensor/build.ts'
import { batch as batched } from '../tensor/batch.ts'
import { replace } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Family, Params } from './family.ts'
import { purpose } from './keys.ts'
import { logPriorOf } from './prior.ts'
import type { Batch, Target, Tensors } from './target.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How the divergence from the prior is estimated. */
export interface Estimator {
  readonly kl: 'auto' | 'monteCarlo'
  readonly pathDerivative: boolean
}

/** An objective's parts, scalars in nats of the full data: loss = kl - logLik. */
export interface Objective {
  readonly loss: Tensor
  readonly kl: Tensor
  readonly logLik: Tensor
}

/** One draw's parts, and the states' next values, as a function of its key; for a single draw or many. */
export type Draw = (key: Tensor) => { readonly kl: Tensor; readonly logLik: Tensor; readonly next: Tensors }

/** An objective and the states' next values, both means over draws. */
export interface Averaged {
  readonly objective: Objective
  readonly next: Tensors
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const sum = (ts: readonly Tensor[]): Tensor => (ts.length === 0 ? B.scalar(0) : ts.reduce((a, b) => B.add(a, b)))

/** KL(q | prior) of one draw u less the model's potentials, a scalar. */
export const divergence = (t: Target, family: Family, p: Params, u: Tensor, e: Estimator): Tensor => {
  const inside = e.pathDerivative ? Object.fromEntries(Object.entries(p).map(([k, v]) => [k, B.stopGradient(v)])) : p
  const terms = t.blocks(u).map((block) =>
    pipe(
      e.kl === 'auto' && block._tag === 'Normal' ? family.kl(p, block) : O.none,
      O.getOrElse(() => {
        const logP = logPriorOf(block, u)
        return pipe(family.logQ(inside, u, block), O.match(() => B.neg(logP), (logQ) => B.sub(logQ, logP)))
      })
    )
  )
  const potential = t.potential(u)
  return potential === undefined ? sum(terms) : B.sub(sum(terms), potential)
}

/** The parts of one draw of a family at a batch. */
export const elboDraw = (t: Target, family: Family, p: Params, values: Batch['values'], e: Estimator): Draw => (key) => {
  const u = family.draw(p, B.fold(key, purpose.weights))
  const batch = { values, key: B.fold(key, purpose.likelihood) }
  return { kl: divergence(t, family, p, u, e), logLik: B.mul(t.weight, B.sum(t.logLik(u, batch))), next: t.next(u, batch) }
}

/**
 * The parts for a point: `kl` is minus the log prior (less potentials), in the sites'
 * own units by default, which is what a posterior mode means to its reader; in
 * unconstrained space the Jacobian counts too.
 */
export const mapDraw = (t: Target, p: Params, values: Batch['values'], space: 'constrained' | 'unconstrained'): Draw => (key) => {
  const prior = t.logPrior(p['u'], space), batch = { values, key: B.fold(key, purpose.likelihood) }
  const potential = t.potential(p['u'])
  return {
    kl: B.neg(potential === undefined ? prior : B.add(prior, potential)),
    logLik: B.mul(t.weight, B.sum(t.logLik(p['u'], batch))),
    next: t.next(p['u'], batch)
  }
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** The mean of a draw's parts over `samples` draws whose keys are folded from one, counted from `first`. */
export const average = (draw: Draw, samples: number, key: Tensor, first: Tensor = B.scalar(0, 'u32')): Averaged => {
  const probe = B.leaf('key', 'infer.draw', [2], 'u32')
  const one = draw(probe), names = Object.keys(one.next)
  const parts = stabilise([one.kl, one.logLik, ...names.map((k) => one.next[k])])
  const [kl, logLik, ...next] = samples === 1
    ? replace([[probe, B.fold(key, first)]])(parts)
    : batched(samples, [[probe, B.fold(key, B.add(B.iota([samples], 0, 'u32'), first))]])(parts).map((x) => B.mean(x, [0]))
  return { objective: { loss: B.sub(kl, logLik), kl, logLik }, next: Object.fromEntries(names.map((k, i) => [k, next[i]])) }
}
