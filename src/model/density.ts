/**
 * The log joint as graphs, in nats: what to evaluate at given values of the sites.
 *
 * log p(sites, data) = sum of log priors + potentials + sum of log likelihoods by row,
 * unscaled. In unconstrained space the leaves are `name.unconstrained`, and each
 * bijector adds log |dx/du|, so that the density is one of u.
 *
 * @since 0.1.0
 */
import { knownOptions } from '../error.ts'
import { E } from '../fp.ts'
import { text } from '../layer/option.ts'
import * as Dist from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { failed } from '../tensor/node.ts'
import { replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import type { Site } from '../spec/site.ts'
import type { Model } from './model.ts'

const total = (ts: readonly Tensor[]): Tensor => ts.reduce((a, b) => B.add(a, b), B.scalar(0))

/** Log prior density of one site, summed over its elements. */
export const logPrior = (site: Site): Tensor => Dist.totalLogDensity(site.dist, site.shape)(site.leaf)

/**
 * Log likelihood of each row, unscaled, summed over the observations of the row:
 * a tensor [batch] over the leaves of the sites, inputs and observations.
 */
export const logLikelihood = (model: Model): Tensor =>
  model.likelihoods.length === 0
    ? B.misfit('NoLikelihood', [], 'a model without observations', 'at least one likelihood', 'add Model.observe(...)')
    : model.likelihoods.slice(1).reduce((sum, l) => B.add(sum, l.logLik), model.likelihoods[0].logLik)

/** The leaf of a site in unconstrained units. */
export const unconstrainedLeaf = (site: Site): Tensor => B.leaf('site', `${site.name}.unconstrained`, Dist.Bijectors.freeShape(site.bijector)(site.shape))

/** Every site's value and log |dx/du| as functions of the unconstrained leaves, parents first. */
export const unconstrained = (sites: readonly Site[]): { readonly pairs: readonly Replacement[]; readonly logDet: Tensor } => {
  const pairs: Replacement[] = []
  const logDets: Tensor[] = []
  for (const site of sites) {
    const u = unconstrainedLeaf(site)
    // Bounds of a bijector may hold parents: they are put in units of u first.
    const [x, j] = replace(pairs)([Dist.Bijectors.forward(site.bijector)(u), Dist.Bijectors.totalLogDet(site.bijector, site.shape)(u)])
    pairs.push([site.leaf, B.broadcastTo(x, site.shape)])
    if (site.bijector._tag !== 'Identity') logDets.push(j)
  }
  return { pairs, logDet: total(logDets) }
}

/** Options of `logDensity`. */
export interface DensityOptions {
  /** Whose units the site leaves have: `constrained`, their own, when absent. */
  readonly space?: 'constrained' | 'unconstrained'
}

/**
 * The log joint density as a scalar node.
 *
 * @example
 * const lp = Model.logDensity(bnn, { space: 'unconstrained' })
 */
export const logDensity = (model: Model, options: DensityOptions = {}): Tensor => {
  const known = knownOptions(['logDensity'], ['space'])(options)
  if (E.isLeft(known)) return failed(known.left)
  const space = options.space ?? 'constrained'
  if (space !== 'constrained' && space !== 'unconstrained')
    return B.misfit('BadOption', ['logDensity', 'space'], text(space), "'constrained' or 'unconstrained'", 'give one of the two')
  const joint = total([
    ...model.sites.map(logPrior),
    ...model.potentials,
    ...model.likelihoods.map((l) => B.sum(l.logLik))
  ])
  if (space === 'constrained') return joint
  const { pairs, logDet } = unconstrained(model.sites)
  return B.add(replace(pairs)([joint])[0], logDet)
}
