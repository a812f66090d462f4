/**
 * Models without a network: named priors, and a function from their values to what is
 * observed.
 *
 * Priors have shape [] unless they say otherwise; a spec that is itself an entry stands
 * for that entry wherever it is used. Observations are rows along their first axis; a
 * distribution of one number is observed as [batch].
 *
 * @since 0.1.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail, gelatoError, knownOptions, within } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import { duplicates } from '../layer/elaborate.ts'
import { BATCH } from '../layer/input.ts'
import { read, text } from '../layer/option.ts'
import { byName, resolver } from '../layer/resolve.ts'
import type { Resolver } from '../layer/resolve.ts'
import { resolveJoint } from '../spec/joint.ts'
import type { Site } from '../spec/site.ts'
import { isRecord } from '../spec/spec.ts'
import type { SpecArg } from '../spec/spec.ts'
import { emptyTable } from '../spec/table.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { errorsOf, failed, isTensor, shapeOf } from '../tensor/node.ts'
import { handed } from '../tensor/handed.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { bindExtents, leavesOf } from '../tensor/replace.ts'
import { attachDistribution, attachLikelihood, countedAs, maskProblems, masksOf, reachProblems, rowReaders, unusable } from './attach.ts'
import type { Added, Attachment, Rows } from './attach.ts'
import { drawShape } from './likelihood/custom.ts'
import type { Bound } from './likelihood/custom.ts'
import type { Model } from './model.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What is observed: a distribution, a likelihood tied to a tensor; a scalar tensor is a potential. */
export type Observed = Dist.Dist | Bound | Tensor

/** Named priors. */
export type Specs = Readonly<Record<string, SpecArg>>

/** Values by the names of the priors. */
export type ValuesOf<S> = { readonly [K in keyof S]: Tensor }

/** Shapes of inputs by name, null for the batch axis. */
export type Inputs = Readonly<Record<string, readonly (number | null)[]>>

/** Options of `joint`. */
export interface JointOptions<I = Inputs> {
  /** Inputs by name with their shapes, null for the batch axis: the second argument of the function. */
  readonly inputs?: I
  /** How many rows there are in all. */
  readonly totalSize?: number
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const isBound = (x: unknown): x is Bound => typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Bound'

/** Leading symbols of inputs, all to be the symbol `batch`. */
const renaming = (ts: readonly Tensor[]): Readonly<Record<string, Ext.Extent>> =>
  Object.fromEntries(leavesOf(ts).flatMap((l) => {
    const name = l.op === 'input' && E.isRight(l.type) && l.type.right.shape.length > 0 ? Ext.bareSymbol(l.type.right.shape[0]) : undefined
    return name === undefined ? [] : [[name, BATCH]]
  }))

const rebound = (o: Observed, bind: (ts: readonly Tensor[]) => readonly Tensor[]): Observed =>
  isTensor(o) ? bind([o])[0]
  : isBound(o) ? { ...o, output: bind([o.output])[0] }
  : Dist.mapParams((t) => bind([t])[0])(o)

const tensorsIn = (o: Observed): readonly Tensor[] => (isTensor(o) ? [o] : isBound(o) ? [o.output] : Object.values(o.params))

const observedAs = (name: string, d: Dist.Dist, totalSize: number | undefined, resolve: Resolver): Added => {
  const shape = drawShape(d)
  const wrong = Object.values(d.params).flatMap((t) => errorsOf(t) ?? []).map(within(name))
  const problems = wrong.length > 0 ? wrong : shape !== undefined ? reachProblems(d, name, resolve)
    : [gelatoError('ShapeMismatch', [name], Object.entries(d.params).map(([k, t]) => `${k} ${Ext.showShape(shapeOf(t))}`).join(', '), 'parameters that broadcast and tell the shape of an observation', 'reshape one of them')]
  if (problems.length > 0) return unusable(name, d.family, failed(problems as unknown as GelatoErrors), problems)
  const own = shape as Shape
  const term = attachDistribution(name, d, own.length === Dist.familyOf(d.family).event ? [BATCH, ...own] : own, totalSize)
  return { term, notes: [], problems: errorsOf(term.logLik) ?? [] }
}

const boundAs = (name: string, o: Bound, totalSize: number | undefined, around: Pick<Attachment, 'inputs' | 'outputs' | 'resolve'>): Added => {
  const { value, problems } = read<Rows>({ ...(totalSize === undefined ? {} : { totalSize }), ...o.options }, rowReaders)
  return value === undefined
    ? unusable(name, o.likelihood.kind, o.output, problems.map((e) => ({ ...e, path: [name, ...e.path] })))
    : attachLikelihood(o.likelihood, o.output, { ...countedAs(name, value), ...around })
}

const empty = (problems: readonly GelatoError[]): Model => ({
  _tag: 'Model', inputs: {}, observed: {}, prediction: failed(problems as unknown as GelatoErrors), outputs: {}, sites: [], params: {}, states: {}, likelihoods: [],
  potentials: [], deterministics: [], layers: [], problems, notes: [], table: emptyTable
})

const called = <A>(f: () => A): Either<GelatoError, A> => {
  try {
    return E.right(f())
  } catch (e) {
    return E.left(gelatoError('BadFunction', ['Model.joint'], e instanceof Error ? e.message : text(e), "a function that doesn't throw", 'mend the function'))
  }
}

/** Inputs with shapes that can be read, or what is wrong with the options. */
const inputsOf = (options: JointOptions): Either<GelatoErrors, Readonly<Record<string, Tensor>>> =>
  pipe(
    knownOptions(['Model.joint'], ['inputs', 'totalSize'])(options),
    E.chain(() => (options.inputs === undefined || isRecord(options.inputs) ? E.right(Object.entries(options.inputs ?? {})) : fail('BadOption', ['Model.joint', 'inputs'], text(options.inputs), 'shapes by name', 'such as { x: [null, 3] }'))),
    E.chain((entries) => all(entries.map(([name, shape]): Either<GelatoErrors, readonly [string, Tensor]> =>
      Array.isArray(shape) && shape.every((e) => e === null || (Number.isSafeInteger(e) && (e as number) >= 0))
        ? E.right([name, B.leaf('input', name, shape.map((e: number | null, i) => e ?? (i === 0 ? BATCH : Ext.sym(`${name}.${i}`))))])
        : fail('BadOption', ['Model.joint', 'inputs', name], text(shape), 'a shape, null for the batch axis', `such as { ${name}: [null, 3] }, or [null] for one number a row`)))),
    E.map((pairs) => Object.fromEntries(pairs))
  )

/** Terms that belong to no row can't read rows. */
const rowless = (name: string, t: Tensor): readonly GelatoError[] => {
  const errors = errorsOf(t), read = errors === undefined ? leavesOf([t]).filter((l) => l.op === 'input').map(leafName) : []
  return errors ?? (shapeOf(t).length > 0 ? [gelatoError('ShapeMismatch', ['Model.joint', name], `a tensor of shape ${Ext.showShape(shapeOf(t))}`, 'a scalar for a potential', 'sum over all axes; observations are distributions')]
    : read.length > 0 ? [gelatoError('BadFunction', ['Model.joint', name], `a scalar that reads the input ${read.map((k) => `'${k ?? ''}'`).join(', ')}`, 'a term of the whole model, which no row belongs to',
        `for a log likelihood by row: { ${name}: pipe(Likelihood.potential((mu) => ...), Likelihood.of(mu)) }, one number a row`)]
    : [])
}

/** Notes on variables that nothing observed depends on: a name that was forgotten, perhaps. */
const unread = (sites: readonly Site[], observed: readonly Tensor[]): readonly GelatoError[] => {
  if (observed.length === 0) return []
  const reached = new Set(leavesOf(observed).map(leafName))
  // Parents come first, so that from the last one back all that a variable depends on is known.
  for (const s of [...sites].reverse()) if (reached.has(s.name)) for (const l of leavesOf(Object.values(s.dist.params))) reached.add(leafName(l))
  return sites.filter((s) => !reached.has(s.name)).map((s) =>
    gelatoError('UnusedVariable', [s.name], `'${s.name}', which nothing observed depends on`, 'variables that the observations depend on', 'its posterior is its prior: use it in what is observed, or leave it out'))
}

/**
 * A model from named priors and a function from their values (and the inputs) to what is
 * observed, by name. A value or input that isn't there is an error by its name.
 *
 * @example
 * // eight schools
 * const mu = Spec.normal({ sd: 5 }), tau = Spec.halfCauchy({ beta: 5 })
 * const theta = pipe(Spec.normal({ mu, sd: tau }), Spec.withShape([8]))
 * Model.joint({ mu, tau, theta }, ({ theta }) => ({ y: Dist.normal({ mu: theta, sd: [15, 10, 16, 11, 9, 11, 10, 18] }) }))
 */
export const joint = <S extends Specs, I extends Inputs = Readonly<Record<never, never>>>(
  specs: S, f: (values: ValuesOf<S>, inputs: ValuesOf<I>) => Readonly<Record<string, Observed>>, options: JointOptions<I> = {}
): Model => {
  if (!isRecord(specs)) return empty([gelatoError('BadOption', ['Model.joint'], text(specs), 'priors by name', 'such as { mu: Spec.normal() }')])
  const resolved = resolveJoint(specs), read = inputsOf(options)
  if (E.isLeft(resolved)) return empty(resolved.left)
  if (E.isLeft(read)) return empty(read.left)
  const { values, sites, points, deterministics, table } = resolved.right, given = read.right
  const made = called(() => f(handed(['Model.joint'], 'value', values) as ValuesOf<S>, handed(['Model.joint'], 'input', given) as ValuesOf<I>))
  if (E.isLeft(made)) return empty([made.left])
  if (typeof made.right !== 'object' || made.right === null || Dist.isDist(made.right) || isBound(made.right) || isTensor(made.right))
    return empty([gelatoError('BadFunction', ['Model.joint'], Dist.isDist(made.right) ? 'a distribution' : isBound(made.right) ? 'a likelihood' : isTensor(made.right) ? 'a tensor' : text(made.right), 'a record of what is observed, by name', 'return { y: Dist.normal({ ... }) }')])
  const strange = Object.entries(made.right).filter(([, o]) => !isTensor(o) && !isBound(o) && !Dist.isDist(o)).map(([k, o]) =>
    gelatoError('BadFunction', ['Model.joint', k], text(o), 'a distribution, a likelihood tied to a tensor, or a scalar tensor', 'such as Dist.normal({ mu, sd })'))
  if (strange.length > 0) return empty(strange)
  const bind = bindExtents(renaming(Object.values(made.right).flatMap(tensorsIn)))
  const entries = Object.entries(made.right).map(([k, o]) => [k, rebound(o, bind)] as const)
  const inputsIn = (ts: readonly Tensor[]): Readonly<Record<string, Tensor>> => Object.fromEntries(leavesOf(ts).flatMap((l) => (l.op === 'input' ? [[leafName(l) as string, l]] : [])))
  const own = inputsIn(entries.flatMap(([, o]) => tensorsIn(o))), around = { ...given, ...own }
  const resolve = resolver(table)
  const potentials = entries.flatMap(([, o]) => (isTensor(o) ? [o] : []))
  const terms = entries.flatMap(([name, o]) =>
    isTensor(o) ? [] : [isBound(o) ? boundAs(name, o, options.totalSize, { inputs: around, outputs: values, resolve }) : observedAs(name, o, options.totalSize, resolve)])
  // A likelihood's function may read inputs that its output doesn't.
  const leaves = inputsIn(terms.map(({ term }) => term.logLik))
  const inputs = { ...own, ...Object.fromEntries(Object.entries(given).filter(([k, l]) => leaves[k] === l)) }
  const { sites: added, points: addedPoints, deterministics: more, table: last } = resolve.result()
  const problems = [
    ...terms.flatMap((t) => [...t.problems, ...(errorsOf(t.term.output) ?? [])]),
    ...terms.flatMap(({ term }, i) => maskProblems({ likelihoods: terms.slice(0, i).map((t) => t.term) }, term)),
    ...entries.flatMap(([k, o]) => (isTensor(o) ? rowless(k, o) : [])),
    ...duplicates('inputs or observations', [...Object.keys(inputs).map((k) => [k, 'input'] as const), ...terms.map((t) => [t.term.name, 'observation'] as const), ...Object.keys(masksOf({ likelihoods: terms.map((t) => t.term) })).map((k) => [k, 'mask'] as const)], 'give the observation another name')
  ]
  return {
    _tag: 'Model', inputs,
    observed: Object.fromEntries(terms.flatMap(({ term: t }) => (t.observed === undefined ? [] : [[t.name, t.observed]]))),
    prediction: terms.length > 0 ? terms[0].term.output : B.scalar(0),
    outputs: values, sites: [...sites, ...added], params: { ...byName(points), ...addedPoints }, states: {},
    likelihoods: terms.map((t) => t.term), potentials, deterministics: [...deterministics, ...more], layers: [],
    problems: [...new Set(problems)], notes: [...terms.flatMap((t) => t.notes), ...(problems.length > 0 ? [] : unread([...sites, ...added], [...terms.map((t) => t.term.logLik), ...potentials]))], table: last
  }
}

const attempted = (name: string, f: () => SpecArg): SpecArg => {
  const r = called(f)
  return E.isRight(r) ? r.right : B.misfit(r.left._tag, ['Model.bind', name], r.left.got, r.left.need, r.left.hint)
}

/** No priors yet, to bind to. */
export const Do: Readonly<Record<never, SpecArg>> = {}

/**
 * Adds a named prior, made from the priors before it.
 *
 * @example
 * pipe(Model.Do, Model.bind('mu', () => Spec.normal()), Model.bind('x', ({ mu }) => Spec.normal({ mu })))
 */
export const bind =
  <N extends string, S extends Specs, A extends SpecArg>(name: N, f: (specs: S) => A) =>
  (specs: S): { readonly [K in keyof S | N]: K extends keyof S ? S[K] : A } =>
    ({ ...specs, [name]: attempted(name, () => f(handed(['Model.bind', name], 'prior', specs))) }) as { readonly [K in keyof S | N]: K extends keyof S ? S[K] : A }

/** `joint` with the priors last, for `pipe`. */
export const observing =
  <S extends Specs, I extends Inputs = Readonly<Record<never, never>>>(f: (values: ValuesOf<S>, inputs: ValuesOf<I>) => Readonly<Record<string, Observed>>, options: JointOptions<I> = {}) =>
  (specs: S): Model =>
    joint(specs, f, options)
