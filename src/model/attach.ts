/**
 * A likelihood at an output: the leaf of the data, their log likelihood by rows, and
 * what predictions of them summarise. Missing observations are left out by a mask, and
 * a weight tempers the whole term.
 *
 * Law: masked numbers have no say: neither values nor gradients depend on what stands in
 * their place. The rows they stand in count all the same (N doesn't change).
 *
 * @since 0.3.0
 */
import { E, O, pipe } from '../fp.ts'
import type { Option } from '../fp.ts'
import { fail, gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import type { Reader } from '../layer/option.ts'
import { count, optional, orElse, text } from '../layer/option.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { errorsOf, failed, shapeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import type { Resolver } from '../layer/resolve.ts'
import { reachProblem } from '../spec/check.ts'
import { argumentsOf, layersRead } from './likelihood/argument.ts'
import type { Around } from './likelihood/argument.ts'
import { given } from './given.ts'
import type { Data, Likelihood } from './likelihood/likelihood.ts'
import { maskOf } from './mask.ts'
import type { LikelihoodTerm, Model } from './model.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What a likelihood adds to a model. */
export interface Added {
  readonly term: LikelihoodTerm
  readonly notes: readonly GelatoError[]
  readonly problems: readonly GelatoError[]
}

/** How the rows of an observation count, options read. */
export interface Rows {
  readonly totalSize: number | undefined
  readonly weight: number | undefined
  readonly missing: boolean | string
}

/** How the rows of a named observation count. */
export interface Counted {
  readonly name: string
  readonly totalSize: number | undefined
  readonly weight: number | undefined
  /** The field that says which observations there are; undefined where none is missing. */
  readonly mask: string | undefined
}

/** Where a likelihood is put, and how its rows count. */
export interface Attachment extends Counted, Omit<Around, 'kind'> {
  readonly inputs: Readonly<Record<string, Tensor>>
}

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

const positive: Reader<number> = (x, path) =>
  typeof x === 'number' && x > 0 && Number.isFinite(x) ? E.right(x) : fail('BadOption', path, text(x), 'a number above 0', 'give 0.5, say; an observation that has no say is left out')

const missingFrom: Reader<boolean | string> = (x, path) =>
  typeof x === 'boolean' || (typeof x === 'string' && x !== '') ? E.right(x) : fail('BadOption', path, text(x), 'true, false or the name of a field', "give { missing: true }, or { missing: 'known' }")

/** Readers of `RowOptions`. */
export const rowReaders: { readonly [K in keyof Rows]: Reader<Rows[K]> } = { totalSize: optional(count(1)), weight: optional(positive), missing: orElse(missingFrom, false) }

/** The options of an observation under its name. */
export const countedAs = (name: string, { totalSize, weight, missing }: Rows): Counted => ({ name, totalSize, weight, mask: missing === false ? undefined : missing === true ? maskOf(name) : missing })

// -----------------------------------------------------------------------------
// helpers
// -----------------------------------------------------------------------------

/** Rows of an elementwise log density: all axes but the first summed. */
export const byRow = (l: Tensor): Tensor => {
  if (errorsOf(l) !== undefined) return l
  const rank = shapeOf(l).length
  return rank <= 1 ? l : B.sum(l, Array.from({ length: rank - 1 }, (_, i) => i + 1))
}

type Summarised = Pick<LikelihoodTerm, 'expected' | 'classes'>

/** What predictions of data under a distribution summarise: probabilities of classes, else the mean, else what stands for it. */
export const expectation = (dist: Dist.Dist, otherwise: Tensor): Summarised =>
  pipe(
    Dist.probabilities(dist),
    O.match(
      (): Summarised => ({ expected: pipe(Dist.mean(dist), O.getOrElse(() => otherwise)), classes: false }),
      (expected) => ({ expected, classes: true })
    )
  )

/** A value inside the support of the data, for the places of missing ones. */
const harmless = (dist: Dist.Dist, event: Shape): Tensor => {
  const b = Dist.bijector(dist)
  return Dist.isDiscrete(dist) ? B.scalar(0, 'i32') : B.stopGradient(Dist.Bijectors.forward(b)(B.full(Dist.Bijectors.freeShape(b)(event.map(Number)), 0)))
}

/** Log likelihood of each number (or vector), 0 where the mask is. */
const masked = (o: Data, logLik: (observed: Tensor) => Tensor, observed: Tensor, mask: Tensor): Tensor => {
  const event = Dist.familyOf(o.dist.family).event
  const there = B.ne(mask, 0), wide = Array.from({ length: event }).reduce<Tensor>((t) => B.expandDims(t, shapeOf(t).length), there)
  const instead = harmless(o.dist, event === 0 ? [] : o.shape.slice(-event))
  return B.select(there, logLik(B.select(wide, observed, instead)), 0)
}

/**
 * The log density of data, minus infinity outside the support where its bounds depend on what is inferred: what can't be
 * isn't likely. Where the bounds are numbers the data are asked before, and the density needn't know.
 */
const densityOf = (dist: Dist.Dist): ((observed: Tensor) => Tensor) =>
  Dist.Supports.hasMovingEnds(Dist.support(dist)) ? Dist.boundedLogDensity(dist) : Dist.logDensity(dist)

const seenThrough = (t: Tensor): Tensor => (['reshape', 'slice', 'cast', 'broadcastTo'].includes(t.op) ? seenThrough(t.args[0]) : t)

/** Parameters that must be above 0, or between 0 and 1, and are an output that can be anything: what a layer without an activation gives. */
const doubts = (dist: Dist.Dist, output: Tensor): readonly string[] => {
  const out = seenThrough(output)
  if (!['add', 'matmul', 'tanh'].includes(out.op)) return []
  return Object.entries(dist.params).filter(([, t]) => seenThrough(t) === out).flatMap(([k]) => {
    const domain = Dist.familyOf(dist.family).params[k]?.domain
    return domain === 'positive' ? [`the output may be below 0, and ${k} of ${dist.family} can't: use activation 'softplus', or give Tensor.exp of the output`]
      : domain === 'probability' ? [`the output may be any number, and ${k} of ${dist.family} is between 0 and 1: use activation 'sigmoid', or give Tensor.sigmoid of the output`] : []
  })
}

/** Parameters of a distribution that are variables as they are, and may be outside what the parameter can be. */
export const reachProblems = (dist: Dist.Dist, name: string, { distOf }: Pick<Resolver, 'distOf'>): readonly GelatoError[] =>
  Object.entries(dist.params).flatMap(([k, t]) => {
    const domain = Dist.familyOf(dist.family).params[k]?.domain ?? 'real', wrong = reachProblem(domain, t, distOf(seenThrough(t)))
    return wrong === undefined ? [] : [gelatoError(wrong.tag, [name, k], wrong.got, wrong.need, wrong.hint)]
  })

const weighted = (weight: number | undefined, l: Tensor): Tensor => (weight === undefined || weight === 1 ? l : B.mul(weight, l))

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** What can't be observed: a term that carries its errors. `told` says that they stand in the model already. */
export const unusable = (name: string, kind: string, output: Tensor, errors: readonly GelatoError[], told = false): Added => ({
  term: { name, kind, output, observed: undefined, mask: undefined, dist: undefined, expected: output, classes: false, logLik: failed(errors as unknown as GelatoErrors), totalSize: undefined },
  notes: [], problems: told ? [] : errors
})

const firstErrors = (ts: readonly Tensor[]): Option<GelatoErrors> => O.fromNullable(ts.map(errorsOf).find((es) => es !== undefined))

/** A likelihood at an output. */
export const attachLikelihood = (likelihood: Likelihood, output: Tensor, at: Attachment): Added => {
  const { name, totalSize, weight } = at, { kind } = likelihood
  const wrong = (errors: GelatoErrors, told = false): Added => unusable(name, kind, output, errors, told)
  const under = (errors: GelatoErrors): Added => wrong(errors.map((e) => ({ ...e, path: [name, ...e.path] })) as unknown as GelatoErrors)
  if (likelihood.problems.length > 0) return wrong(likelihood.problems as unknown as GelatoErrors)
  const below = [output, ...layersRead(likelihood.args).flatMap((l) => (Object.hasOwn(at.outputs, l) ? [at.outputs[l]] : []))].flatMap((t) => errorsOf(t) ?? [])
  if (below.length > 0) return wrong(below as unknown as GelatoErrors, true)
  const split = argumentsOf(likelihood.args, output, { ...at, kind })
  if (E.isLeft(split)) return wrong(split.left)
  const made = likelihood.rule(split.right.output, split.right.args, at.inputs)
  if (E.isLeft(made)) return under(made.left)
  const o = made.right
  const outside = o._tag === 'Rows' ? [] : reachProblems(o.dist, name, at.resolve)
  if (outside.length > 0) return wrong(outside as unknown as GelatoErrors)
  const common = { name, kind, output, totalSize, ...(weight === undefined ? {} : { weight }) }
  if (o._tag === 'Rows')
    return at.mask === undefined
      ? { term: { ...common, observed: undefined, mask: undefined, dist: undefined, expected: output, classes: false, logLik: weighted(weight, byRow(o.logLik)) }, notes: [], problems: [] }
      : under([gelatoError('BadOption', ['missing'], at.mask, 'a likelihood with observations of its own', 'leave it out, and give 0 for the rows that are to have no say')])
  const observed = B.leaf('input', name, o.shape, o.dtype), event = Dist.familyOf(o.dist.family).event
  const mask = at.mask === undefined ? undefined : B.leaf('input', at.mask, o.shape.slice(0, o.shape.length - event), 'i32')
  const each = o.logLik ?? densityOf(o.dist)
  const logLik = given(weighted(weight, byRow(mask === undefined ? each(observed) : masked(o, each, observed, mask))))
  const expected = o.expected === undefined ? expectation(o.dist, split.right.output) : { expected: o.expected, classes: false }
  return pipe(
    firstErrors([logLik, expected.expected]),
    O.match(
      () => ({
        term: { ...common, observed, mask, dist: o.dist, ...expected, logLik, ...(o.logLik === undefined ? {} : { own: true as const }) },
        notes: [...o.notes, ...(kind === 'distribution' ? doubts(o.dist, output) : [])].map((n) => gelatoError('CheckLikelihood', [name], `Likelihood.${kind}`, n, 'change the activation of the last layer or the option of the likelihood')),
        problems: []
      }),
      (errors) => wrong(errors)
    )
  )
}

/** A distribution that is observed as it is, under a name. */
export const attachDistribution = (name: string, dist: Dist.Dist, shape: Shape, totalSize: number | undefined): LikelihoodTerm => {
  const observed = B.leaf('input', name, shape, Dist.isDiscrete(dist) ? 'i32' : 'f32'), output = Dist.center(dist)
  return { name, kind: dist.family, observed, mask: undefined, dist, output, ...expectation(dist, output), logLik: given(byRow(densityOf(dist)(observed))), totalSize }
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** The model whose observations stand for so many rows each, where a batch is weighted as one of the first: each log likelihood times its size over the first's. */
export const sized = (sizes: readonly number[]) => (model: Model): Model => ({
  ...model, likelihoods: model.likelihoods.map((l, i) => (sizes[i] === sizes[0] ? l : { ...l, logLik: B.mul(sizes[i] / sizes[0], l.logLik) }))
})

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Leaves that say which data there are, by the name of their field. */
export const masksOf = (model: Pick<Model, 'likelihoods'>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(model.likelihoods.flatMap(({ mask }) => (mask === undefined ? [] : [[leafName(mask) as string, mask]])))

/** Two observations may share a mask, if they have the same numbers in a row. */
export const maskProblems = (before: Pick<Model, 'likelihoods'>, { mask, name }: LikelihoodTerm): readonly GelatoError[] => {
  const other = mask === undefined ? undefined : masksOf(before)[leafName(mask) as string]
  return mask === undefined || other === undefined || Ext.sameShape(shapeOf(mask), shapeOf(other)) ? []
    : [gelatoError('ShapeMismatch', [name, 'missing'], `the field '${leafName(mask) ?? ''}' of shape ${Ext.showShape(shapeOf(other))} from another observation`, `shape ${Ext.showShape(shapeOf(mask))}`, 'give each observation a field of its own: { missing: true }')]
}

/** Every leaf that stands for data, by the name of its field: inputs, observations and their masks. */
export const dataLeaves = (model: Model): Readonly<Record<string, Tensor>> => ({ ...model.inputs, ...model.observed, ...masksOf(model) })
