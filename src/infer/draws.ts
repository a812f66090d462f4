/**
 * An approximation put into graphs: latent variables become draws or the centre, point
 * estimates and states their values, so that no such leaf is left. `sampleNode`,
 * `applyReplacements`, `predict` and `elbo` are all these functions.
 *
 * Laws: draw i of a site depends on (seed, site, i) alone, so that it is the same in
 * any node, list or chunk; nodes of one list share each draw; the centre has no
 * randomness in it. An observation is a draw of it, but below a log likelihood, or where
 * the caller replaces it, it is what is given.
 *
 * @since 0.1.0
 */
import { E, O, pipe } from '../fp.ts'
import type { Option } from '../fp.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { isTensor, topo } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { keyOf, replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import type { HostArray, HostArrays } from '../run/session.ts'
import { families } from './family.ts'
import type { Params } from './family.ts'
import { drawKey, seedKey } from './keys.ts'
import { layoutOf } from './layout.ts'
import type { Posterior } from './method.ts'
import { apart } from '../model/given.ts'
import { placings, putIn } from '../model/held.ts'
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

/** What was learnt of a model: the posterior of its sites, values of its point estimates and states. */
export interface Fitted {
  readonly model: Model
  readonly posterior: Posterior
  readonly params: HostArrays
  readonly states: HostArrays
}

/** The same as graphs. */
export interface Known {
  /** The model with its point estimates and states put in. */
  readonly model: Model
  readonly posterior: Posterior
  /** The family's parameters. */
  readonly params: Params
  /** What stands for point estimates and states in other graphs. */
  readonly held: readonly Replacement[]
}

// -----------------------------------------------------------------------------
// numbers as graphs
// -----------------------------------------------------------------------------

const familyParams = (posterior: Posterior): HostArrays => (posterior._tag === 'Family' ? posterior.params : {})

const known = ({ model, posterior, params, states }: Fitted, leaf: (group: 'q' | 'param' | 'state', name: string, a: HostArray) => Tensor): Known => {
  const held = placings(model, (kind, name) => leaf(kind, name, (kind === 'param' ? params : states)[name]))
  return {
    model: putIn(held)(model), posterior, held,
    params: Object.fromEntries(Object.entries(familyParams(posterior)).map(([k, a]) => [k, leaf('q', k, a)]))
  }
}

/** All that was learnt as constants. */
export const asConstants = (f: Fitted): Known => known(f, (_, _name, a) => B.array(a.data, a.shape))

/** All that was learnt as inputs `q.*`, `param.*` and `state.*`, and their values. */
export const asInputs = (f: Fitted): { readonly known: Known; readonly values: HostArrays } => {
  const named = (group: string, arrays: HostArrays): HostArrays => Object.fromEntries(Object.entries(arrays).map(([k, a]) => [`${group}.${k}`, a]))
  return {
    known: known(f, (group, name, a) => B.leaf('input', `${group}.${name}`, a.shape)),
    values: { ...named('q', familyParams(f.posterior)), ...named('param', f.params), ...named('state', f.states) }
  }
}

// -----------------------------------------------------------------------------
// one draw, the centre
// -----------------------------------------------------------------------------

const unsupported = (posterior: Posterior): Tensor =>
  B.misfit('Unsupported', ['posterior', posterior._tag], posterior._tag, 'a family of approximation', 'draws and mixtures come with the methods that make them')

/** Does a node number the rows of a batch? Observations have a leaf for it, noise inside layers counts along the batch. */
const numbersRows = (t: Tensor): boolean =>
  leafName(t) === 'infer.rows' ||
  (t.op === 'iota' && E.isRight(t.type) && t.type.right.dtype === 'u32' && t.type.right.shape.length === 1 && Ext.bareSymbol(t.type.right.shape[0]) === 'batch')

/** The row numbers put in, for the extent that the nodes give them. */
export const numbering = (nodes: readonly Tensor[], rows: Tensor | undefined): More =>
  rows === undefined ? [] : topo(nodes).filter(numbersRows).map((t) => [t, rows])

/** One draw of nodes: draw number `i` of a seed. `rows` numbers the rows, where they aren't 0, 1, ... */
export const drawOf = (
  { model, posterior, params: p, held }: Known, o: { readonly seed: Tensor; readonly i: Tensor | number; readonly more: More; readonly rows?: Tensor }
) => (nodes: readonly Tensor[]): readonly Tensor[] => {
  if (posterior._tag !== 'Family') return nodes.map(() => unsupported(posterior))
  const family = families[posterior.family]
  const layout = layoutOf(model.sites)
  const key = (name: string): Tensor => drawKey(o.seed, name, o.i)
  // What a log likelihood is of, and what the caller replaces himself, are data; any other observation is a draw.
  const own = new Set(o.more.map(([from]) => keyOf(from)))
  const { nodes: open, back } = apart(Object.keys(model.observed))(nodes)
  const drawn = observations(model, (n) => key(`${n}.observed`), o.rows !== undefined)(open).filter(([leaf]) => !own.has(keyOf(leaf)))
  const observed = replace(back)(replace(drawn)(open))
  const inner = replace([...o.more, ...numbering(observed, o.rows)])(observed)
  const sites = constrain(model.sites, (s) => family.drawSite(p, layout.places[model.sites.indexOf(s)], key(s.name)))
  return replace(closing(inner, { sites: sites.map((l) => [l.site.leaf, l.value]), data: held, phase: 0, key: key('model.noise') }))(inner)
}

/** Nodes at the centre of the posterior; none where it has no centre. */
export const centreOf = ({ model, posterior, params: p, held }: Known, more: More) => (nodes: readonly Tensor[]): Option<readonly Tensor[]> =>
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
          return replace(closing(inner, { sites: sites.map((l) => [l.site.leaf, l.value]), data: held, phase: 0, key: seedKey(0) }))(inner)
        })
      )

// -----------------------------------------------------------------------------
// many draws
// -----------------------------------------------------------------------------

/** Draws of nodes along a new first axis, or one draw without it. */
export const sampleNodes = (k: Known, o: SampleNodeOptions) => (nodes: readonly Tensor[]): readonly Tensor[] => {
  const seed = seedKey(o.seed ?? 0), more = o.moreReplacements ?? []
  if (o.size !== undefined && extentOf(o.size) === undefined) {
    const no = B.misfit('BadOption', ['sampleNode', 'size'], isTensor(o.size) ? 'a tensor' : String(o.size), 'a whole number from 1, or an extent', 'for a size that is given at each call use Tensor.extent of an input')
    return nodes.map(() => no)
  }
  return alongDraws(o, (i) => drawOf(k, { seed, i, more })(nodes))
}
