/**
 * Likelihoods by a function of the output that gives the distribution of the observations, or their log likelihood.
 *
 * @since 0.1.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail, gelatoError, shown } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import { guarded } from '../../layer/activation.ts'
import type { Reader } from '../../layer/option.ts'
import { optional } from '../../layer/option.ts'
import * as Dist from '../../dist/index.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Shape } from '../../tensor/extent.ts'
import type { DType, Tensor } from '../../tensor/node.ts'
import { handed } from '../../tensor/handed.ts'
import { failed, isTensor, shapeOf, topo } from '../../tensor/node.ts'
import { broadcast } from '../../tensor/rule.ts'
import { argument } from './argument.ts'
import type { Argument, ArgumentInput } from './argument.ts'
import { data, isLikelihood, make, oneNumber, rowsOf } from './likelihood.ts'
import type { Likelihood } from './likelihood.ts'

/** The shape of one draw from a distribution, undefined where its parameters don't fit or don't tell it. */
export const drawShape = (d: Dist.Dist): Shape | undefined => {
  const row = Dist.familyOf(d.family)
  const merged = (parts: readonly Shape[]): Shape | undefined =>
    parts.reduce<Shape | undefined>((s, p) => s && broadcast(s, p), [])
  const params = Object.entries(d.params)
  if (params.some(([, t]) => E.isLeft(t.type))) return undefined
  const own = (k: string): number => row.params[k]?.event ?? 0
  const lead = merged(params.map(([k, t]) => shapeOf(t).slice(0, Math.max(0, shapeOf(t).length - own(k)))))
  const tellers = params.filter(([k, t]) => own(k) >= row.event && shapeOf(t).length >= row.event)
  const event = row.event === 0 ? [] : tellers.length === 0 ? undefined : merged(tellers.map(([, t]) => shapeOf(t).slice(-row.event)))
  return lead === undefined || event === undefined ? undefined : [...lead, ...event]
}

/** Options of `distribution`. */
export interface DistributionOptions<P = Readonly<Record<string, ArgumentInput>>> {
  /** Further parameters by name: numbers, arrays, tensors, specs (each one unknown, `y.nu`), or what the network gives. */
  readonly params?: P
  /**
   * The log likelihood of each number (or vector) of the data in nats, where it isn't the
   * distribution's log density: of censored data, or a loss as for quantiles. Draws and
   * predictions are the distribution's all the same.
   */
  readonly logLik?: LogLik
}

/** From data and their distribution to a log likelihood of each number (or vector). */
type LogLik = (observed: Tensor, dist: Dist.Dist) => Tensor

const ownLogLik: Reader<LogLik> = (x, path) =>
  typeof x === 'function' ? E.right(x as LogLik) : fail('BadOption', path, shown(x), 'a function of the data and their distribution', 'give (y, d) => Dist.logDensity(d)(y), say')

/** A log likelihood that is tried out on data of a shape: one value for each number or vector, or Left. */
const tried = (f: LogLik, dist: Dist.Dist, dtype: DType, shape: Shape): Either<GelatoErrors, (observed: Tensor) => Tensor> => {
  const at = ['Likelihood.distribution', 'logLik']
  const each = (y: Tensor): Tensor => B.float(guarded(at.join(' > '), () => f(y, dist)))
  const one = each(B.leaf('input', 'y', shape, dtype)), want = shape.slice(0, shape.length - Dist.familyOf(dist.family).event)
  return E.isLeft(one.type) ? one.type
    : Ext.sameShape(shapeOf(one), want) ? E.right(each)
    : fail('ShapeMismatch', at, Ext.showShape(shapeOf(one)), `a log likelihood of each number of the data: ${Ext.showShape(want)}`, 'leave sums over rows and columns to the model')
}

const parameters: Reader<Readonly<Record<string, Argument>>> = (x, path) => {
  if (x === undefined) return E.right({})
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return fail('BadOption', path, shown(x), 'a record of parameters by name', 'give { params: { nu: 4 } }, say')
  const made = Object.entries(x).map(([k, v]) => [k, argument({ role: 'scale', domain: 'real', doc: `a value for ${k}` })(v, [...path, k])] as const)
  const wrong = made.flatMap(([, v]) => (E.isLeft(v) ? v.left : []))
  return wrong.length > 0 ? E.left(wrong as unknown as GelatoErrors) : E.right(Object.fromEntries(made.flatMap(([k, v]) => (E.isRight(v) ? [[k, v.right]] : []))))
}

/**
 * Any distribution of the observations, by a function from the output (and further
 * parameters, and the model's inputs). Observed: what the distribution draws, one row for
 * each row of the output. A parameter or input that wasn't given is an error by its name.
 *
 * @example
 * // Poisson regression on a log link; Student's t with an unknown scale
 * Likelihood.distribution((eta) => Dist.poisson({ logRate: eta }))
 * Likelihood.distribution((mu, { sd }) => Dist.studentT({ nu: 4, mu, sd }), { params: { sd: Spec.halfNormal() } })
 */
export const distribution = <P extends Readonly<Record<string, ArgumentInput>> = Readonly<Record<never, never>>>(
  f: (output: Tensor, params: { readonly [K in keyof P]: Tensor }, inputs: Readonly<Record<string, Tensor>>) => Dist.Dist, options: DistributionOptions<P> = {}
): Likelihood =>
  make<{ readonly params: Readonly<Record<string, Argument>>; readonly logLik: LogLik | undefined }>({
    kind: 'distribution',
    options: { params: parameters, logLik: optional(ownLogLik) },
    args: (o) => o.params,
    rule: ({ logLik }) => (output, params, inputs) => {
      const short = rowsOf('distribution', output, 1)
      if (E.isLeft(short)) return short
      const bad = (got: string, need: string, hint: string): Either<GelatoErrors, never> => fail('BadFunction', ['Likelihood.distribution'], got, need, hint)
      let dist: unknown
      try {
        dist = f(oneNumber(B.float(output)), handed(['Likelihood.distribution', 'params'], 'parameter', params) as { readonly [K in keyof P]: Tensor }, handed(['Likelihood.distribution'], 'input', inputs))
      } catch (e) {
        return bad(e instanceof Error ? e.message : String(e), "a function that doesn't throw", 'mend the function')
      }
      if (!Dist.isDist(dist)) return bad(shown(dist), 'a distribution', 'return Dist.poisson({ logRate: output }), say')
      const wrong = Object.values(dist.params).flatMap((t) => (E.isLeft(t.type) ? t.type.left : []))
      if (wrong.length > 0) return E.left(wrong as unknown as GelatoErrors)
      const read = new Set(topo(Object.values(dist.params)))
      const notes = Object.keys(params).filter((k) => !read.has(params[k])).map((k) => `'${k}' of params is given, and the distribution doesn't depend on it`)
      const shape = drawShape(dist), rows = shapeOf(output)[0] ?? 1
      if (shape === undefined || shape.length === 0 || !Ext.same(shape[0], rows))
        return fail('ShapeMismatch', ['Likelihood.distribution'], shape === undefined ? 'parameters that do not broadcast' : `draws of shape ${Ext.showShape(shape)}`, `one draw for each row of the output: [${Ext.show(rows)}, ...]`, 'make the parameters from the output, so that they have its rows')
      const dtype = Dist.isDiscrete(dist) ? 'i32' : 'f32', own = logLik === undefined ? undefined : tried(logLik, dist, dtype, shape)
      return own !== undefined && E.isLeft(own) ? own : data(dtype, shape, dist, { notes, ...(own === undefined ? {} : { logLik: own.right }) })
    }
  }, options)

/**
 * Any log likelihood by row: a function from the output (and the model's inputs) to one
 * number a row, in nats. It is scaled with the rows of a batch; for a term of the whole
 * model see `Model.potential`.
 */
export const potential = (f: (output: Tensor, inputs: Readonly<Record<string, Tensor>>) => Tensor): Likelihood =>
  make<Readonly<Record<never, never>>>({
    kind: 'potential',
    options: {},
    rule: () => (output, _, inputs) => {
      const logLik = guarded('Likelihood.potential', () => f(output, handed(['Likelihood.potential'], 'input', inputs)))
      if (E.isLeft(logLik.type)) return logLik.type
      return shapeOf(logLik).length >= 1 && Ext.same(shapeOf(logLik)[0], shapeOf(output)[0] ?? 0)
        ? E.right({ _tag: 'Rows', logLik: B.float(logLik) })
        : fail('ShapeMismatch', ['Likelihood.potential'], Ext.showShape(shapeOf(logLik)), `one number a row: [${Ext.show(shapeOf(output)[0] ?? 0)}]`, 'sum over all axes but the first; for a term of the whole model use Model.potential')
    }
  }, {})

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** How the rows of an observation count. */
export interface RowOptions {
  /** How many rows there are in all; the data set tells it when absent. */
  readonly totalSize?: number
  /** What the log likelihood is multiplied by, 1 when absent: how much this observation counts beside others. */
  readonly weight?: number
  /**
   * Are some of the observations missing? They are NaN in the data (a `Dataset` is told
   * so by `missing`), or the data have a field `y.mask`: 1 where there is a number, 0
   * where there is none. With a text, that field has this name.
   */
  readonly missing?: boolean | string
}

/** A likelihood of a tensor of its own, for `Model.joint`. */
export interface Bound {
  readonly _tag: 'Bound'
  readonly likelihood: Likelihood
  readonly output: Tensor
  readonly options: RowOptions
}

/**
 * Ties a likelihood to a tensor.
 *
 * @example
 * const m = Model.joint({ mu: Spec.normal() }, ({ mu }) => ({
 *   y: pipe(Likelihood.normal({ sd: Spec.halfNormal() }), Likelihood.of(Tensor.broadcastTo([3])(mu), { missing: true }))
 * }))
 */
export const of = (output: Tensor, options: RowOptions = {}) => (likelihood: Likelihood): Bound => {
  const wrong = isTensor(output) && isLikelihood(likelihood) ? undefined
    : gelatoError('NotATensor', ['Likelihood.of'], `Likelihood.of(${shown(output)})(${shown(likelihood)})`, 'a tensor, then a likelihood', 'such as pipe(Likelihood.normal({ sd: 1 }), Likelihood.of(tensor))')
  return wrong === undefined ? { _tag: 'Bound', likelihood, output, options }
    : { _tag: 'Bound', likelihood: { _tag: 'Likelihood', kind: 'of', args: {}, problems: [wrong], rule: () => E.left([wrong]) }, output: failed([wrong]), options }
}
