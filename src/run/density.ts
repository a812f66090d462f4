/**
 * The log joint density of a model as a compiled function of values: what a sampler or a
 * checker needs.
 *
 * Laws: it agrees with `Model.logDensity`; outside the support of a prior it is minus
 * infinity; gradients are those of the space that is asked for.
 *
 * @since 0.2.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { didYouMean, gelatoError, knownOptions, shown } from '../error.ts'
import type { GelatoError } from '../error.ts'
import * as Dist from '../dist/index.ts'
import { logDensity, unconstrainedLeaf } from '../model/density.ts'
import { stateStarts } from '../model/held.ts'
import type { Model } from '../model/model.ts'
import { interpret } from '../reference/index.ts'
import * as B from '../tensor/build.ts'
import { grad } from '../tensor/grad.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import { compile } from './compiled.ts'
import type { CompileOptions } from './compiled.ts'
import { decodeAll } from './evaluate.ts'
import type { Inputs } from './evaluate.ts'
import type { HostArray } from './session.ts'
import { checkWhere } from './where.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `densityFunction`. */
export interface DensityFunctionOptions extends Pick<CompileOptions, 'gpu' | 'tune' | 'plan'> {
  /** Values of the model's inputs and observations by name. */
  readonly data?: Inputs
  /** Values of the point estimates by name: `approx.params`. A model without any needs none. */
  readonly params?: Inputs
  /** Values of the states by name, `approx.states`; where they start when absent. */
  readonly states?: Inputs
  /** Whose units the values have: the sites' own (`constrained`) when absent. */
  readonly space?: 'constrained' | 'unconstrained'
}

/** A density in nats and its gradient by site, in the shape of the values. */
export interface DensityValue {
  readonly logDensity: number
  readonly gradient: Readonly<Record<string, HostArray>>
}

/** A compiled density: values by the names of sites in. */
export type DensityFunction = (values: Inputs) => TaskEither<GelatoError, DensityValue>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const insideAll = (model: Model): Tensor =>
  model.sites.reduce<Tensor>(
    (all, s) => B.and(all, B.eq(B.sum(B.select(Dist.Supports.contains(Dist.support(s.dist))(s.leaf), 0, 1)), 0)), B.eq(B.scalar(0), 0))

/** Numbers as they were given, before they are rounded to f32. */
const unrounded = (x: unknown): Float64Array => {
  if (typeof x === 'number') return Float64Array.of(x)
  if (Array.isArray(x)) return Float64Array.from(x.flat(Infinity) as number[])
  return Float64Array.from(ArrayBuffer.isView(x) ? (x as unknown as ArrayLike<number>) : (x as { readonly data: ArrayLike<number> }).data)
}

/** A graph of one number by the interpreter, in double precision from `values` on. */
const inDouble = (graph: Tensor, values: Inputs, fixed: Inputs): number | undefined => {
  const leaves = leavesOf([graph]), names = leaves.map(leafName)
  const given = Object.fromEntries(Object.entries({ ...fixed, ...values }).filter(([k]) => names.includes(k)))
  const found = pipe(
    decodeAll(leaves, given, 0),
    E.chain((all) => interpret(Object.fromEntries(Object.entries(all).map(([k, v]) => [k, Object.hasOwn(values, k) ? { shape: v.shape, data: unrounded(values[k]) } : v])))([graph]))
  )
  return E.isRight(found) ? found.right[0].data[0] : undefined
}

/**
 * The log joint density of a model and its gradient, compiled once: a function of the
 * values of the sites by name. Values are in the sites' own units; with
 * `{ space: 'unconstrained' }` they are unconstrained and the density is one of those.
 * Likelihoods are unscaled. With `{ gpu: 'reference' }` the density is computed in double
 * precision from the values as they are given; data and gradients are f32.
 *
 * Errors (of a call): `MissingInput` and `UnknownOption` for names, `BadOption`, the
 * model's own problems.
 *
 * @example
 * const coin = Model.joint({ p: Spec.uniform() }, ({ p }) => ({ y: Dist.bernoulli({ probs: Tensor.broadcastTo([4])(p) }) }))
 * const f = Model.densityFunction(coin, { data: { y: [1, 1, 0, 1] } })
 * const at = await orThrow(f({ p: 0.5 }))   // log density -4 log 2, slope 3 / 0.5 - 1 / 0.5
 * Math.round(at.logDensity * 1000)   // => -2773
 * Math.round(at.gradient['p'].data[0])   // => 4
 */
export const densityFunction = (model: Model, options: DensityFunctionOptions = {}): DensityFunction => {
  const space = options.space ?? 'constrained'
  const known = knownOptions(['densityFunction'], ['data', 'params', 'states', 'space', 'gpu', 'tune', 'plan'])(options)
  const where = checkWhere(['densityFunction'], options)
  const pointless = Object.keys(model.params).find((k) => options.params?.[k] === undefined)
  const problem: GelatoError | undefined =
    E.isLeft(known) ? known.left[0]
    : E.isLeft(where) ? where.left[0]
    : model.problems.length > 0 ? model.problems[0]
    : space !== 'constrained' && space !== 'unconstrained'
      ? gelatoError('BadOption', ['densityFunction', 'space'], shown(space), "'constrained' or 'unconstrained'", 'give one of the two')
    : pointless !== undefined
      ? gelatoError('MissingParams', ['densityFunction', 'params'], `a model with the point estimate '${pointless}', which has no value of its own`, 'values for all point estimates', 'give { params: approx.params }')
    : undefined
  if (problem !== undefined) return () => TE.left(problem)
  const names = model.sites.map((s) => s.name)
  const lp = logDensity(model, { space })
  const held = new Map(leavesOf([lp]).map((l) => [leafName(l), l]))
  const valueName = (n: string): string => (space === 'constrained' ? n : `${n}.unconstrained`)
  const leaves = model.sites.map((s) => held.get(valueName(s.name)) ?? (space === 'constrained' ? s.leaf : unconstrainedLeaf(s)))
  const gradients = grad(leaves)(lp)
  const inside = space === 'constrained' ? insideAll(model) : B.eq(B.scalar(0), 0)
  const graphs: Readonly<Record<string, Tensor>> = {
    logDensity: lp, inside: B.cast(inside, 'f32'),
    ...Object.fromEntries(names.map((n, i) => [`gradient.${n}`, gradients[i]]))
  }
  const present = new Set(leavesOf(Object.values(graphs)).map(leafName))
  // A leaf that the density doesn't hold takes no value, except that the user is told so of his data.
  const fixed = Object.fromEntries(Object.entries({ ...stateStarts(model), ...options.states, ...options.params, ...options.data }).filter(([k]) => present.has(k) || Object.hasOwn(options.data ?? {}, k)))
  const { gpu, tune, plan } = options
  const run = compile(graphs, fixed, { ...(gpu === undefined ? {} : { gpu }), ...(tune === undefined ? {} : { tune }), ...(plan === undefined ? {} : { plan }) })
  return (values) => {
    const strange = Object.keys(values).find((k) => !names.includes(k))
    if (strange !== undefined)
      return TE.left(gelatoError('UnknownSite', ['densityFunction', strange], `a value for '${strange}'`, `values for ${names.join(', ')}`, didYouMean(strange, names)))
    const missing = names.find((n) => values[n] === undefined)
    if (missing !== undefined)
      return TE.left(gelatoError('MissingInput', ['densityFunction', missing], `values for ${Object.keys(values).join(', ') || 'nothing'}`, `a value for the site '${missing}'`, `pass { ${JSON.stringify(missing)}: ... }`))
    const named = Object.fromEntries(Object.entries(values).map(([k, v]) => [valueName(k), v]))
    const exact = (): number | undefined => (gpu === 'reference' ? inDouble(lp, named, fixed) : undefined)
    return pipe(
      run(named),
      TE.map((out): DensityValue => ({
        logDensity: out['inside'].data[0] === 0 ? -Infinity : exact() ?? out['logDensity'].data[0],
        gradient: Object.fromEntries(names.map((n) => [n, out[`gradient.${n}`]]))
      }))
    )
  }
}
