/**
 * Resolving: from a prior and the shapes that it waits for to sites and a value.
 *
 * A variable is (scope, token, resolved shape). A node passes its shape on as the
 * default of what is below; other tags pass through; only tags that are reached are
 * required. Hyper-priors are resolved before what they parametrise.
 *
 * Laws: total (Left or Right, never an exception) and the same each time; names are
 * unique; two resolutions of one variable that disagree are a Left.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, gelatoError } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import type { Params } from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { errorsOf, isTensor, shapeOf } from '../tensor/node.ts'
import { leavesOf } from '../tensor/replace.ts'
import { boundsProblem, domainProblem, eventProblem, freeProblem, isProblem, reachProblem, shapeProblem, startOf, togetherProblem } from './check.ts'
import { equal, sameTensor } from './json.ts'
import { attempt, fullName, ownShape, passedOn, shapeText, where, wrong } from './place.ts'
import type { At, Result, Run, Shapes } from './place.ts'
import { show } from './print.ts'
import { describe, isBroken, mapDeep, toSpec } from './spec.ts'
import type { ConstantSpec, Env, EnvSpec, FixedShape, InitField, LeafSpec, OpSpec, PointSpec, SharedSpec, Spec } from './spec.ts'
import type { Init, Point, Site } from './site.ts'
import { nonCentredForm, standardDist } from './standard.ts'
import { distOf } from './table.ts'
import type { Entry, PointEntry } from './table.ts'

// -----------------------------------------------------------------------------
// nodes
// -----------------------------------------------------------------------------

const takeName = (run: Run, at: At, name: string, t: Tensor): Either<GelatoErrors, void> => {
  const known = run.names.get(name)
  if (known !== undefined && known !== t)
    return wrong(at, 'NameClash', `a second value named '${name}'`, 'names that are unique in the model', 'give one of them another name, or Spec.shared if they are meant to be one')
  run.names.set(name, t)
  return E.right(undefined)
}

const AUTO: Init = { _tag: 'Auto' }

/** Resolves a node; the same node at the same place and shapes is worked out once. */
export const resolveNode = (run: Run, s: Spec, from: At): Result => {
  const at: At = { ...from, near: isWithin(from, s) ? s : from.near }
  const entry = run.entryOf(s, at)
  if (entry !== undefined) return entry
  const key = JSON.stringify([at.scope, at.role, at.fan, at.shapes])
  const known = run.done.get(s)?.get(key)
  if (known !== undefined) return known
  const result = dispatch(run, s, at)
  const mine = run.done.get(s) ?? new Map<string, Result>()
  run.done.set(s, mine.set(key, result))
  return result
}

/** Nodes made by functions of the place are not in the expression that errors show. */
const isWithin = (at: At, s: Spec): boolean => at.near._tag !== 'EnvSpec' || s === at.near

const dispatch = (run: Run, s: Spec, at: At): Result => {
  switch (s._tag) {
    case 'LeafSpec': return resolveLeaf(run, s, at)
    case 'PointSpec': return resolvePoint(run, s, at)
    case 'ConstantSpec': return resolveConstant(s, at)
    case 'OpSpec': return resolveOp(run, s, at)
    case 'SharedSpec': return resolveShared(run, s, at)
    case 'EnvSpec': return resolveEnv(run, s, at)
  }
}

const resolveConstant = (s: ConstantSpec, at: At): Result => {
  if (isBroken(s)) {
    const errors = errorsOf(s.value) as GelatoErrors
    return E.left(errors.map((e) => gelatoError(e._tag, [...where(at), ...e.path], `${e.got}, in ${show(at.root, at.near)}`, e.need, e.hint)) as unknown as GelatoErrors)
  }
  const { shape } = s.fields
  if (shape === undefined) return E.right(s.value)
  const own = ownShape(s, at)
  return E.isLeft(own) ? own : relocate(at, 'withShape', B.broadcastTo(s.value, own.right))
}

/** A tensor whose shape error arose at this node, as a Left that shows the expression. */
const relocate = (at: At, what: string, t: Tensor): Result => {
  const errors = errorsOf(t)
  return errors === undefined ? E.right(t)
    : E.left(errors.map((e) => gelatoError(e._tag, [...where(at), ...e.path.filter((p) => p !== what), what],
        `${e.got}, in ${show(at.root, at.near)}`, e.need, `${e.hint}; shapes of priors are changed by Spec.withShape`)) as unknown as GelatoErrors)
}

const resolveOp = (run: Run, s: OpSpec, at: At): Result => {
  if (s.fields.init !== undefined)
    return wrong(at, 'InitOnExpression', 'withInit on an expression', 'withInit on a distribution', 'start the distributions of the expression instead')
  const shapes = passedOn(s, at)
  if (E.isLeft(shapes)) return shapes
  const name = fullName(s, at)
  const found: Result[] = []
  s.args.forEach((a, i) => mapDeep((x, path) => {
    found.push(resolveNode(run, x, { ...at, path: [name, String(i), ...path].join('.'), shapes: shapes.right, init: AUTO, top: false }))
    return x
  })(a))
  const resolved = all(found)
  if (E.isLeft(resolved)) return resolved
  const rest = resolved.right.values()
  const tensors = s.args.map(mapDeep(() => rest.next().value))
  const made = attempt(at, `the function ${s.op.name}`, () => s.op.apply(tensors))
  if (E.isLeft(made)) return made
  const value = typeof made.right === 'number' ? B.scalar(made.right) : made.right
  if (!isTensor(value))
    return wrong(at, 'NotATensor', `the function ${s.op.name} gave ${describe(value)}`, 'a tensor', 'return a tensor; a function of the Tensor namespace that takes its data last is called twice')
  const placed = relocate(at, s.op.name, value)
  return E.isLeft(placed) || s.fields.name === undefined || at.top ? placed : keep(run, at, name, placed.right)
}

const isVariable = (t: Tensor): boolean => t.op === 'site' || t.op === 'param'

/** Keeps a value under a name, once. */
export const keep = (run: Run, at: At, name: string, value: Tensor): Result => {
  if (leavesOf([value]).every((l) => !isVariable(l))) return E.right(value)
  const known = run.names.get(name)
  if (known !== undefined && (known === value || (!isVariable(known) && sameTensor(known, value)))) return E.right(value)
  const free = takeName(run, at, name, value)
  if (E.isLeft(free)) return free
  run.deterministics.push([name, value])
  return E.right(value)
}

const resolveEnv = (run: Run, s: EnvSpec, at: At): Result => {
  const shapes = passedOn(s, at)
  if (E.isLeft(shapes)) return shapes
  const env: Env = { shape: shapes.right['default'] ?? [], ...at.fan, role: at.role }
  if (run.functions.get(s.token) === undefined) run.functions.set(s.token, run.functions.size())
  const key = JSON.stringify([run.functions.get(s.token), at.scope, env])
  const known = run.made.get(key)
  const made = known === undefined ? attempt(at, 'the function of the place', () => toSpec(s.f(env))) : E.right(known)
  if (E.isLeft(made)) return made
  run.made.set(key, made.right)
  const fields = { ...(s.fields.name === undefined ? {} : { name: s.fields.name }), ...(s.fields.init === undefined ? {} : { init: s.fields.init }) }
  return resolveNode(run, { ...made.right, fields: { ...made.right.fields, ...fields } }, { ...at, shapes: shapes.right })
}

const resolveShared = (run: Run, s: SharedSpec, at: At): Result => {
  const shapes = passedOn(s, at)
  if (E.isLeft(shapes)) return shapes
  const first = run.shared.get(s.name)
  if (first !== undefined && !equal(first)(s.spec))
    return wrong(at, 'SharedConflict', `two different specs shared as '${s.name}'`, 'one spec for each shared name', `make it once, const s = Spec.shared('${s.name}', ...), and use s wherever it is wanted`)
  const variables = (): number => run.sites.length + run.found.length
  const before = variables()
  const value = resolveNode(run, first ?? s.spec, {
    ...at, scope: `shared:${s.name}`, layer: undefined, param: s.name, path: s.name, shapes: shapes.right, init: at.top ? at.init : AUTO, top: true
  })
  // At another shape its distributions would be new variables, under names that are taken.
  if (first !== undefined && (E.isLeft(value) ? value.left.some((e) => e._tag === 'NameClash') : variables() > before))
    return wrong(at, 'SharedShapes', `'${s.name}' at a second shape, ${shapeText(shapes.right['default'])}`, 'one shape for a shared spec', 'give it its shape, Spec.withShape([]) for a scalar')
  if (E.isLeft(value)) return value
  run.shared.set(s.name, s.spec)
  return s.spec._tag === 'LeafSpec' || s.spec._tag === 'PointSpec' || s.spec._tag === 'ConstantSpec' ? value : keep(run, at, s.name, value.right)
}

// -----------------------------------------------------------------------------
// distributions
// -----------------------------------------------------------------------------

const resolveLeaf = (run: Run, s: LeafSpec, at: At): Result => {
  const own = ownShape(s, at)
  if (E.isLeft(own)) return own
  const shape = own.right
  const name = fullName(s, at)
  const entry = run.entries.get(s.token)?.find((e) => e.scope === at.scope && Ext.sameShape(e.site.shape, shape))
  const params = resolveParams(run, s, { ...at, shapes: { ...at.shapes, default: shape } }, entry?.name ?? name, shape)
  if (E.isLeft(params)) return params
  const dist: Dist.Dist = { _tag: 'Dist', family: s.family, params: params.right }
  if (entry !== undefined) return again(s, at, entry, dist)
  const form = s.fields.nonCentred === true ? nonCentredForm(dist) : undefined
  const start = startAt(s, at, shape, dist, form !== undefined)
  if (E.isLeft(start)) return start
  const drawn = form === undefined ? dist : standardDist(form, dist)
  const site: Site = {
    name: form === undefined ? name : `${name}.standard`, shape, leaf: B.leaf('site', form === undefined ? name : `${name}.standard`, shape),
    dist: drawn, bijector: Dist.bijector(drawn), role: at.role, init: start.right, layer: at.layer
  }
  const free = takeName(run, at, site.name, site.leaf)
  if (E.isLeft(free)) return free
  run.sites.push(site)
  const value = form === undefined ? E.right(site.leaf) : keep(run, at, name, B.broadcastTo(form.value(site.leaf, dist.params), shape))
  if (E.isLeft(value)) return value
  run.entries.set(s.token, [...(run.entries.get(s.token) ?? []), { scope: at.scope, leaf: s, name, site, dist, value: value.right }])
  return value
}

/** Where a variable starts: what `withInit` says, else what its layer says of a parameter, else what the method likes. */
const startAt = (s: LeafSpec, at: At, shape: FixedShape, dist: Dist.Dist, standard: boolean): Either<GelatoErrors, Init> => {
  const { init } = s.fields
  if (init === undefined) {
    // A standard draw can start small or at zero, but not where its value should.
    const elsewhere = standard && (at.init._tag === 'Value' || (at.init._tag === 'Constant' && at.init.value !== 0))
    return E.right(at.top && !elsewhere ? at.init : AUTO)
  }
  if (standard)
    return wrong(at, 'BadInit', 'withInit on a non-centred distribution, whose value depends on other variables', 'withInit on a centred one', 'leave withInit out, or leave Spec.nonCentred out')
  return startFrom(init, at, shape, dist)
}

/** Where a user says that a variable starts. */
const startFrom = (init: InitField, at: At, shape: FixedShape, dist: Dist.Dist | undefined): Either<GelatoErrors, Init> => {
  const made = attempt(at, 'the function given for the start', () => startOf(init, shape, at.fan, dist))
  if (E.isLeft(made)) return made
  return isProblem(made.right) ? wrong(at, made.right.tag, made.right.got, made.right.need, made.right.hint) : E.right(made.right)
}

/** A variable met again: the same site, unless the two say different things of it. */
const again = (s: LeafSpec, at: At, entry: Entry, dist: Dist.Dist): Result => {
  const { name, init } = s.fields, first = entry.leaf.fields
  if (name !== undefined && first.name !== undefined && fullName(s, at) !== fullName(entry.leaf, at))
    return wrong(at, 'ConflictingNames', `one variable named '${first.name.text}' and '${name.text}'`, 'one name for a variable', 'name it once; Spec.fresh makes another variable of the same kind')
  if (init !== undefined && first.init !== undefined && !sameInit(init, first.init))
    return wrong(at, 'ConflictingInits', 'one variable with two starts', 'one start for a variable', 'give withInit once; Spec.fresh makes another variable of the same kind')
  if (s.fields.nonCentred !== entry.leaf.fields.nonCentred)
    return wrong(at, 'ConflictingForms', `one variable '${entry.name}' both centred and non-centred`, 'one form for a variable', 'make the non-centred spec once and use that everywhere; Spec.fresh makes another variable of the same kind')
  return dist.family === entry.dist.family && sameParams(dist.params, entry.dist.params)
    ? E.right(entry.value)
    : wrong(at, 'ConflictingPriors', `one variable '${entry.name}' with two distributions`, 'one distribution for a variable', 'use Spec.fresh for the second variable')
}

// -----------------------------------------------------------------------------
// point estimates
// -----------------------------------------------------------------------------

const resolvePoint = (run: Run, s: PointSpec, at: At): Result => {
  const own = ownShape(s, at)
  if (E.isLeft(own)) return own
  const shape = own.right
  const entry = run.points.get(s.token)?.find((e) => e.scope === at.scope && Ext.sameShape(e.point.shape, shape))
  if (entry !== undefined) return pointAgain(s, at, entry)
  const name = fullName(s, at)
  const { init } = s.fields
  const start = init === undefined ? E.right(at.top ? at.init : AUTO) : startFrom(init, at, shape, undefined)
  if (E.isLeft(start)) return start
  const point: Point = { name, shape, leaf: B.leaf('param', name, shape), role: at.role, init: start.right, frozen: s.fields.frozen === true, layer: at.layer }
  const free = takeName(run, at, name, point.leaf)
  if (E.isLeft(free)) return free
  run.found.push(point)
  run.points.set(s.token, [...(run.points.get(s.token) ?? []), { scope: at.scope, spec: s, name, point }])
  return E.right(pointValue(point))
}

const pointValue = (point: Point): Tensor => (point.frozen ? B.stopGradient(point.leaf) : point.leaf)

/** A point estimate met again: the same array, unless the two say different things of it. */
const pointAgain = (s: PointSpec, at: At, { spec, name, point }: PointEntry): Result => {
  const { init, frozen } = s.fields, first = spec.fields
  if (s.fields.name !== undefined && first.name !== undefined && fullName(s, at) !== name)
    return wrong(at, 'ConflictingNames', `one point estimate named '${first.name.text}' and '${s.fields.name.text}'`, 'one name for a point estimate', 'name it once; Spec.fresh makes another of the same kind')
  if (init !== undefined && first.init !== undefined && !sameInit(init, first.init))
    return wrong(at, 'ConflictingInits', 'one point estimate with two starts', 'one start for a point estimate', 'give its start once; Spec.fresh makes another of the same kind')
  return frozen !== first.frozen
    ? wrong(at, 'ConflictingForms', `one point estimate '${name}' both learnt and frozen`, 'one form for a point estimate', 'make it once and use that everywhere; Spec.fresh makes another of the same kind')
    : E.right(pointValue(point))
}

const sameInit = (a: InitField, b: InitField): boolean => a === b || (typeof a !== 'function' && typeof b !== 'function' && JSON.stringify(a) === JSON.stringify(b))

const sameParams = (a: Params, b: Params): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((k) => a[k] === b[k] || (b[k] !== undefined && sameTensor(a[k], b[k])))

/**
 * The shapes under a parameter: by default that of the variable, with the axes that the
 * parameter itself has in place of those of a draw. How many components a parameter of
 * a mixture has can't be told from the variable: there is no default then.
 */
const paramShapes = (shapes: Shapes, shape: FixedShape, own: number, event: number): Shapes => {
  if (own === event) return shapes
  const { default: _, ...others } = shapes
  const lead = shape.slice(0, shape.length - event)
  return event === 0 ? others : { ...others, default: [...lead, ...Array<number>(own).fill(shape[shape.length - 1])] }
}

const resolveParams = (run: Run, s: LeafSpec, at: At, name: string, shape: FixedShape): Either<GelatoErrors, Params> => {
  const row = Dist.familyOf(s.family)
  const problems = Dist.paramProblems(s.family, Object.keys(s.params))
  if (problems.length > 0)
    return E.left(problems.map((e) => gelatoError(e._tag, [...where(at), ...e.path.slice(1)], `${e.got}, in ${show(at.root, at.near)}`, e.need, e.hint)) as unknown as GelatoErrors)
  if (row.discrete)
    return wrong(at, 'DiscretePrior', `${s.family}, whose values are whole numbers`, 'a continuous prior', `use ${s.family} as a likelihood`)
  const rank = eventProblem(s.family, row.event, shape)
  if (rank !== undefined) return wrong(at, rank.tag, rank.got, rank.need, rank.hint)
  const given = Object.entries(s.params).map(([k, x]): Either<GelatoErrors, readonly [string, Tensor]> => {
    const info = row.params[k]
    const place: At = { ...at, shapes: paramShapes(at.shapes, shape, info.event ?? 0, row.event), path: `${name}.${k}`, variable: name, role: info.scale === true ? 'scale' : 'latent', init: AUTO, top: false }
    const value = resolveNode(run, x, place)
    if (E.isLeft(value)) return value
    const t = B.float(value.right), near: At = { ...place, near: isWithin(place, x) ? x : place.near }
    const misfit = shapeProblem(shapeOf(t), shape, info.event ?? 0, row.event) ?? domainProblem(info.domain, t) ?? freeProblem(info.domain, t)
      ?? (info.domain === 'real' || info.domain === 'extended' ? undefined : reachProblem(info.domain, t, distOf(run.entries.values())(t)))
    return misfit === undefined ? E.right([k, t]) : wrong(near, misfit.tag, misfit.got, misfit.need, misfit.hint)
  })
  const resolved = all(given)
  if (E.isLeft(resolved)) return resolved
  const defaults = Object.entries(row.params).flatMap(([k, info]) => (info.default === undefined ? [] : [[k, B.scalar(info.default)] as const]))
  const params = Object.fromEntries([...defaults, ...resolved.right])
  const empty = boundsProblem(row.support(params)) ?? togetherProblem({ _tag: 'Dist', family: s.family, params }, shape)
  return empty === undefined ? E.right(params) : wrong(at, empty.tag, empty.got, empty.need, empty.hint)
}
