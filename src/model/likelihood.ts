/**
 * Likelihoods: what the observations are, given a network's output. A value of options
 * and a rule from output to distribution. Import it as a namespace.
 *
 * The observed array follows from it: its dtype and its shape, one row for each row of
 * the output. An output [batch, 1] of one number a row is observed as [batch].
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { guarded } from '../layer/activation.ts'
import type { Reader } from '../layer/option.ts'
import { flag, orElse, read } from '../layer/option.ts'
import type { ParamValue, Weight } from '../layer/param.ts'
import { weight } from '../layer/param.ts'
import * as Dist from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { DType, Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What a likelihood makes of an output: data to observe and their distribution, or log likelihoods by row. */
export type Observation =
  | { readonly _tag: 'Data'; readonly dtype: DType; readonly shape: Shape; readonly dist: Dist.Dist; readonly notes: readonly string[] }
  | { readonly _tag: 'Rows'; readonly logLik: Tensor }

/** A likelihood. */
export interface Likelihood {
  readonly _tag: 'Likelihood'
  readonly kind: string
  /** Arguments that may be priors, by name. */
  readonly args: Readonly<Record<string, ParamValue>>
  readonly problems: readonly GelatoError[]
  /** From a well-shaped output and values of the arguments to what is observed. */
  readonly rule: (output: Tensor, args: Readonly<Record<string, Tensor>>, inputs: Readonly<Record<string, Tensor>>) => Either<GelatoErrors, Observation>
}

/** Is it a likelihood? */
export const isLikelihood = (x: unknown): x is Likelihood =>
  typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Likelihood'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

interface Definition<O> {
  readonly kind: string
  readonly options: { readonly [K in keyof O]-?: Reader<O[K]> }
  readonly args?: (o: O) => Readonly<Record<string, ParamValue>>
  readonly rule: (o: O) => Likelihood['rule']
}

const make = <O>(d: Definition<O>, options: unknown): Likelihood => {
  const { value, problems } = read<O>(options, d.options)
  const path = (e: GelatoError): GelatoError => ({ ...e, path: [`Likelihood.${d.kind}`, ...e.path] })
  return value === undefined
    ? { _tag: 'Likelihood', kind: d.kind, args: {}, problems: problems.map(path), rule: () => fail('BadOption', [], 'options', 'options as documented', 'mend them') }
    : { _tag: 'Likelihood', kind: d.kind, args: d.args?.(value) ?? {}, problems: [], rule: d.rule(value) }
}

const data = (dtype: DType, shape: Shape, dist: Dist.Dist, notes: readonly string[] = []): Either<GelatoErrors, Observation> =>
  E.right({ _tag: 'Data', dtype, shape, dist, notes })

/** [batch, 1] as [batch]. */
const oneNumber = (t: Tensor): Tensor => {
  const s = shapeOf(t)
  return s.length === 2 && s[1] === 1 ? B.reshape(t, [s[0]]) : t
}

const rowsOf = (kind: string, output: Tensor, least: number): GelatoErrors | undefined => {
  const s = shapeOf(output)
  const r = s.length >= least ? E.right(undefined) : fail('ShapeMismatch', [`Likelihood.${kind}`], `an output of shape ${Ext.showShape(s)}`, least === 2 ? 'rows of classes [batch, ..., classes]' : 'rows [batch, ...]', 'observe a layer whose output has them')
  return E.isLeft(r) ? r.left : undefined
}

/**
 * Classes 0..K-1, from their probabilities along the last axis of the output (after a
 * softmax), or from logits. Observed: i32, the output's shape less the last axis.
 *
 * @example
 * Model.observe(Likelihood.categorical(), { name: 'y' })
 */
export const categorical = (options: { readonly logits?: boolean } = {}): Likelihood =>
  make<{ readonly logits: boolean }>({
    kind: 'categorical',
    options: { logits: orElse(flag, false) },
    rule: (o) => (output) => {
      const short = rowsOf('categorical', output, 2)
      if (short !== undefined) return E.left(short)
      const s = shapeOf(output), classes = s[s.length - 1]
      if (typeof classes !== 'number' || classes < 2)
        return fail('ShapeMismatch', ['Likelihood.categorical'], `${Ext.show(classes)} classes (output ${Ext.showShape(s)})`, 'two classes or more', 'use one unit a class in the last layer; for one unit use Likelihood.bernoulli')
      const probs = B.float(output)
      const notes = o.logits || output.op === 'exp' ? [] : ["the output isn't a softmax: probabilities that don't sum to 1 give a wrong likelihood; use activation 'softmax', or Likelihood.categorical({ logits: true })"]
      return data('i32', s.slice(0, -1), o.logits ? Dist.categorical({ logits: probs }) : Dist.categorical({ probs }), notes)
    }
  }, options)

/**
 * 0 or 1, from the probability of 1 (after a sigmoid) or from logits. Observed: i32.
 */
export const bernoulli = (options: { readonly logits?: boolean } = {}): Likelihood =>
  make<{ readonly logits: boolean }>({
    kind: 'bernoulli',
    options: { logits: orElse(flag, false) },
    rule: (o) => (output) => {
      const short = rowsOf('bernoulli', output, 1)
      if (short !== undefined) return E.left(short)
      const p = oneNumber(B.float(output))
      return data('i32', shapeOf(p), o.logits ? Dist.bernoulli({ logits: p }) : Dist.bernoulli({ probs: p }))
    }
  }, options)

/** Options of `normal`. */
export interface NormalOptions {
  /** Standard deviation of the noise: a number, an array that broadcasts to a row, a tensor, or a spec (one unknown, `y.sd`). */
  readonly sd: Weight
}

/**
 * Real numbers around the output. Observed: f32, the output's shape.
 *
 * @example
 * Model.observe(Likelihood.normal({ sd: 0.1 }), { name: 'y' })
 */
export const normal = (options: NormalOptions): Likelihood =>
  make<{ readonly sd: ParamValue }>({
    kind: 'normal',
    options: {
      sd: (x, path) =>
        x === undefined ? fail('MissingOption', path, 'no sd', 'the standard deviation of the noise', 'give { sd: ... }: a number, or a spec to learn it')
        : typeof x === 'number' && !(x > 0 && Number.isFinite(x)) ? fail('BadOption', path, String(x), 'a number above 0', 'give a positive standard deviation')
        : weight(x, path)
    },
    args: (o) => ({ sd: o.sd }),
    rule: () => (output, { sd }) => {
      const short = rowsOf('normal', output, 1)
      if (short !== undefined) return E.left(short)
      const mu = oneNumber(B.float(output)), both = broadcast(shapeOf(sd), shapeOf(mu))
      if (both === undefined || !Ext.sameShape(both, shapeOf(mu)))
        return fail('ShapeMismatch', ['Likelihood.normal', 'sd'], `sd of shape ${Ext.showShape(shapeOf(sd))} for an output ${Ext.showShape(shapeOf(mu))}`, "an sd that broadcasts to the output's shape", 'use a number, or one sd a column')
      return data('f32', shapeOf(mu), Dist.normal({ mu, sd }))
    }
  }, options)

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
export interface DistributionOptions {
  /** Further parameters by name: numbers, arrays, tensors or specs (each one unknown, `y.nu`). */
  readonly params?: Readonly<Record<string, Weight>>
}

const parameters: Reader<Readonly<Record<string, ParamValue>>> = (x, path) => {
  if (x === undefined) return E.right({})
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return fail('BadOption', path, String(x), 'a record of parameters by name', 'give { params: { nu: 4 } }, say')
  const made = Object.entries(x).map(([k, v]) => [k, weight(v, [...path, k])] as const)
  const wrong = made.flatMap(([, v]) => (E.isLeft(v) ? v.left : []))
  return wrong.length > 0 ? E.left(wrong as unknown as GelatoErrors) : E.right(Object.fromEntries(made.flatMap(([k, v]) => (E.isRight(v) ? [[k, v.right]] : []))))
}

/**
 * Any distribution of the observations, by a function from the output (and further
 * parameters, and the model's inputs). Observed: what the distribution draws, one row for
 * each row of the output.
 *
 * @example
 * // Poisson regression on a log link; Student's t with an unknown scale
 * Likelihood.distribution((eta) => Dist.poisson({ logRate: eta }))
 * Likelihood.distribution((mu, { sd }) => Dist.studentT({ nu: 4, mu, sd }), { params: { sd: Spec.halfNormal() } })
 */
export const distribution = (
  f: (output: Tensor, params: Readonly<Record<string, Tensor>>, inputs: Readonly<Record<string, Tensor>>) => Dist.Dist, options: DistributionOptions = {}
): Likelihood =>
  make<{ readonly params: Readonly<Record<string, ParamValue>> }>({
    kind: 'distribution',
    options: { params: parameters },
    args: (o) => o.params,
    rule: () => (output, params, inputs) => {
      const short = rowsOf('distribution', output, 1)
      if (short !== undefined) return E.left(short)
      const bad = (got: string, need: string, hint: string): Either<GelatoErrors, never> => fail('BadFunction', ['Likelihood.distribution'], got, need, hint)
      let dist: unknown
      try {
        dist = f(oneNumber(B.float(output)), params, inputs)
      } catch (e) {
        return bad(e instanceof Error ? e.message : String(e), "a function that doesn't throw", 'mend the function')
      }
      if (!Dist.isDist(dist)) return bad(String(dist), 'a distribution', 'return Dist.poisson({ logRate: output }), say')
      const wrong = Object.values(dist.params).flatMap((t) => (E.isLeft(t.type) ? t.type.left : []))
      if (wrong.length > 0) return E.left(wrong as unknown as GelatoErrors)
      const shape = drawShape(dist), rows = shapeOf(output)[0] ?? 1
      return shape !== undefined && shape.length > 0 && Ext.same(shape[0], rows)
        ? data(Dist.isDiscrete(dist) ? 'i32' : 'f32', shape, dist)
        : fail('ShapeMismatch', ['Likelihood.distribution'], shape === undefined ? 'parameters that do not broadcast' : `draws of shape ${Ext.showShape(shape)}`, `one draw for each row of the output: [${Ext.show(rows)}, ...]`, 'make the parameters from the output, so that they have its rows')
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
      const logLik = guarded('Likelihood.potential', () => f(output, inputs))
      if (E.isLeft(logLik.type)) return logLik.type
      return shapeOf(logLik).length >= 1 && Ext.same(shapeOf(logLik)[0], shapeOf(output)[0] ?? 0)
        ? E.right({ _tag: 'Rows', logLik: B.float(logLik) })
        : fail('ShapeMismatch', ['Likelihood.potential'], Ext.showShape(shapeOf(logLik)), `one number a row: [${Ext.show(shapeOf(output)[0] ?? 0)}]`, 'sum over all axes but the first; for a term of the whole model use Model.potential')
    }
  }, {})

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** A likelihood of a tensor of its own, for `Model.joint`. */
export interface Bound {
  readonly _tag: 'Bound'
  readonly likelihood: Likelihood
  readonly output: Tensor
}

/** Ties a likelihood to a tensor. */
export const of = (output: Tensor) => (likelihood: Likelihood): Bound => ({ _tag: 'Bound', likelihood, output })
