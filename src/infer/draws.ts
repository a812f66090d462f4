/**
 * A posterior put into graphs: latent variables become draws or the centre, so that no
 * site is left. `sampleNode`, `applyReplacements`, `predict` and `elbo` are all these
 * functions.
 *
 * Laws: draw i of a site depends on (seed, site, i) alone, so that it is the same in
 * any node, list or chunk; nodes of one list share each draw; the centre has no
 * randomness in it.
 *
 * @since 0.1.0
 */
import { O, pipe } from '../fp.ts'
import type { Option } from '../fp.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { isTensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf, replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import type { HostArrays } from '../run/session.ts'
import { families } from './family.ts'
import type { Params } from './family.ts'
import { drawKey, seedKey } from './keys.ts'
import { layoutOf } from './layout.ts'
import type { Posterior } from './method.ts'
import type { Model } from '../model/index.ts'
import { alongDraws, closing, extentOf, observations } from '../model/noise.ts'
import type { DrawOptions } from '../model/noise.ts'
import { constrain } from './target.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Replacements of the caller's own: a node and what stands in its place. */
export type More = readonly Replacement[]

/** Options of `sampleNode`: how many draws from which seed, and replacements of the caller's own. */
export interface SampleNodeOptions extends DrawOptions {
  readonly moreReplacements?: More
}

/** Options of `applyReplacements`. */
export interface ApplyOptions {
  /** The family's centre instead of one draw. */
  readonly deterministic?: boolean
  readonly seed?: number | Tensor
  readonly moreReplacements?: More
}

// -----------------------------------------------------------------------------
// parameters as graphs
// -----------------------------------------------------------------------------

/** A posterior's arrays as constants. */
export const asConstants = (params: HostArrays): Params =>
  Object.fromEntries(Object.entries(params).map(([k, a]) => [k, B.array(a.data, a.shape)]))

/** A posterior's arrays as inputs named `q.*`, and their values. */
export const asInputs = (params: HostArrays): { readonly params: Params; readonly values: HostArrays } => ({
  params: Object.fromEntries(Object.entries(params).map(([k, a]) => [k, B.leaf('input', `q.${k}`, a.shape)])),
  values: Object.fromEntries(Object.entries(params).map(([k, a]) => [`q.${k}`, a]))
})

// -----------------------------------------------------------------------------
// one draw, the centre
// -----------------------------------------------------------------------------

const unsupported = (posterior: Posterior): Tensor =>
  B.misfit('Unsupported', ['posterior', posterior._tag], posterior._tag, 'a family of approximation', 'draws and mixtures come with the methods that make them')

/** The row numbers put in, for the extent that the nodes give them. */
const numbering = (nodes: readonly Tensor[], rows: Tensor | undefined): More =>
  rows === undefined ? [] : leavesOf(nodes).filter((l) => leafName(l) === 'infer.rows').map((l) => [l, rows])

/** One draw of nodes: draw number `i` of a seed. `rows` numbers the rows, where they aren't 0, 1, ... */
export const drawOf = (
  model: Model, posterior: Posterior, p: Params, o: { readonly seed: Tensor; readonly i: Tensor | number; readonly more: More; readonly rows?: Tensor }
) => (nodes: readonly Tensor[]): readonly Tensor[] => {
  if (posterior._tag !== 'Family') return nodes.map(() => unsupported(posterior))
  const family = families[posterior.family]
  const layout = layoutOf(model.sites)
  const key = (name: string): Tensor => drawKey(o.seed, name, o.i)
  const observed = replace(observations(model, (n) => key(`${n}.observed`), o.rows !== undefined)(nodes))(nodes)
  const inner = replace([...o.more, ...numbering(observed, o.rows)])(observed)
  const sites = constrain(model.sites, (s) => family.drawSite(p, layout.places[model.sites.indexOf(s)], key(s.name)))
  return replace(closing(inner, { sites: sites.map((l) => [l.site.leaf, l.value]), data: [], phase: 0, key: key('model.noise') }))(inner)
}

/** Nodes at the centre of the posterior; none where it has no centre. */
export const centreOf = (model: Model, posterior: Posterior, p: Params, more: More) => (nodes: readonly Tensor[]): Option<readonly Tensor[]> =>
  posterior._tag !== 'Family'
    ? O.none
    : pipe(
        families[posterior.family].center(p),
        O.map(({ u }) => {
          const layout = layoutOf(model.sites)
          const inner = replace(more)(nodes)
          const sites = constrain(model.sites, (s) => {
            const q = layout.places[model.sites.indexOf(s)]
            return B.reshape(B.slice(u, [q.offset], [q.offset + q.size]), q.shape)
          })
          return replace(closing(inner, { sites: sites.map((l) => [l.site.leaf, l.value]), data: [], phase: 0, key: seedKey(0) }))(inner)
        })
      )

// -----------------------------------------------------------------------------
// many draws
// -----------------------------------------------------------------------------

/** Draws of nodes along a new first axis, or one draw without it. */
export const sampleNodes = (model: Model, posterior: Posterior, o: SampleNodeOptions) => (nodes: readonly Tensor[]): readonly Tensor[] => {
  const p = posterior._tag === 'Family' ? asConstants(posterior.params) : {}
  const seed = seedKey(o.seed ?? 0), more = o.moreReplacements ?? []
  if (o.size !== undefined && extentOf(o.size) === undefined) {
    const no = B.misfit('BadOption', ['sampleNode', 'size'], isTensor(o.size) ? 'a tensor' : String(o.size), 'a whole number from 1, or an extent', 'for a size that is given at each call use Tensor.extent of an input')
    return nodes.map(() => no)
  }
  return alongDraws(o, (i) => drawOf(model, posterior, p, { seed, i, more })(nodes))
}
