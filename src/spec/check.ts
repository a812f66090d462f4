/**
 * Checks made while a prior is resolved: that a parameter fits its variable and lies in
 * its domain, that bounds are in order, that a start lies inside the support. Only what
 * is known on the host is checked: constants and what is worked out from them.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as Dist from '../dist/index.ts'
import type { Domain, Support } from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import { constant } from '../tensor/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'
import { isInitialiser, startAt } from './init.ts'
import { describe } from './spec.ts'
import type { FixedShape, InitField, Scaled } from './spec.ts'
import type { Init } from './site.ts'

/** What is wrong, without the place. */
export interface Problem {
  readonly tag: string
  readonly got: string
  readonly need: string
  readonly hint: string
}

/** Does a parameter broadcast to its variable? Trailing event axes of both are left out. */
export const shapeProblem = (param: Shape, shape: FixedShape, paramEvent: number, event: number): Problem | undefined => {
  const lead = param.slice(0, param.length - paramEvent), whole = shape.slice(0, shape.length - event)
  const both = broadcast(lead, whole)
  return both !== undefined && Ext.sameShape(both, whole) ? undefined : {
    tag: 'ShapeMismatch',
    got: `a parameter of shape ${Ext.showShape(param)} for a variable of shape ${Ext.showShape(shape)}`,
    need: 'a parameter that broadcasts to its variable',
    hint: 'give the marked part a shape by Spec.withShape: [] for one value, or a function of the variable\'s shape such as (s) => [1, s[1]]'
  }
}

/** Has a variable the axes that one draw of its family has? */
export const eventProblem = (family: string, event: number, shape: FixedShape): Problem | undefined =>
  shape.length >= event ? undefined : {
    tag: 'ShapeMismatch',
    got: `${family}, whose draws have ${event === 1 ? '1 axis' : `${event} axes`}, at shape ${Ext.showShape(shape)}`,
    need: `a shape of at least ${event === 1 ? '1 axis' : `${event} axes`}`,
    hint: `give the marked part a shape by Spec.withShape, such as ${event === 1 ? '[3]' : '[3, 3]'}`
  }

/** Do the parameters of a family of vectors or matrices fit each other and the variable? */
export const togetherProblem = (dist: Dist.Dist, shape: FixedShape): Problem | undefined => {
  const row = Dist.familyOf(dist.family)
  if (row.event === 0 && Object.values(row.params).every((p) => (p.event ?? 0) === 0)) return undefined
  const hint = 'the last axes of the parameters are those of the variable; give the marked part another shape by Spec.withShape'
  const square = row.support(dist.params)._tag !== 'CholeskyCorr' || shape[shape.length - 1] === shape[shape.length - 2]
  if (!square) return { tag: 'ShapeMismatch', got: `${dist.family} at shape ${Ext.showShape(shape)}`, need: 'a square matrix', hint }
  const k = shape[shape.length - 1] ?? 1
  const apart = row.event === 0 ? undefined : Object.entries(dist.params).find(([name, t]) => !shapeOf(t).slice(-(row.params[name].event ?? 0) || Infinity).every((e) => e === k || (e === 1 && row.params[name].event === 1)))
  if (apart !== undefined)
    return { tag: 'ShapeMismatch', got: `${apart[0]} of shape ${Ext.showShape(shapeOf(apart[1]))} for a variable of shape ${Ext.showShape(shape)}`, need: `last axes of ${k}`, hint }
  const density = Dist.logDensity(dist)(B.leaf('site', 'x', shape)), lead = shape.slice(0, shape.length - row.event)
  return E.isLeft(density.type)
    ? { tag: 'ShapeMismatch', got: `${density.type.left[0].got} for a variable of shape ${Ext.showShape(shape)}`, need: density.type.left[0].need, hint }
    : Ext.sameShape(density.type.right.shape, lead) || E.isRight(B.broadcastTo(density, lead).type) ? undefined
    : { tag: 'ShapeMismatch', got: `parameters for shape ${Ext.showShape(density.type.right.shape)} and a variable of shape ${Ext.showShape(shape)}`, need: 'parameters that broadcast to their variable', hint }
}

/** Is a constant parameter in its domain? */
export const domainProblem = (domain: Domain, t: Tensor): Problem | undefined => {
  const c = Dist.constantOf(t)
  const bad = c === undefined ? undefined : Dist.Supports.constantProblem(domain)(c)
  return bad === undefined ? undefined
    : { tag: 'OutsideDomain', got: bad.got, need: bad.need, hint: MEND[domain] }
}

/** How constants come into a domain. */
const MEND: Readonly<Record<Domain, string>> = {
  real: 'give a finite number', extended: 'give a number', count: 'give a whole number from 0', probability: 'give a number from 0 to 1',
  positive: 'give a number above 0; what is to be learnt can have a prior such as Spec.halfNormal()',
  simplex: 'divide them by their sum', ordered: 'give them in increasing order, no two alike', cholesky: 'give the lower triangular Cholesky factor'
}

/** Priors whose values lie in a domain. */
const FITTING: Readonly<Record<Domain, string>> = {
  real: 'take Spec.normal()', extended: 'take Spec.normal()', count: 'give a whole number',
  positive: 'take Spec.halfNormal() or Spec.logNormal()', probability: 'take Spec.beta() or Spec.uniform()', simplex: 'take Spec.dirichlet({ alpha: 1 })',
  ordered: 'take Spec.orderedNormal()', cholesky: 'take Spec.lkjCholesky()'
}

/** A variable whose prior surely reaches out of a domain can't stand where only that is allowed. */
export const reachProblem = (domain: Domain, t: Tensor, dist: Dist.Dist | undefined): Problem | undefined => {
  if (dist === undefined || E.isLeft(t.type)) return undefined
  const support = Dist.support(dist), shape = shapeOf(t)
  return !Dist.Supports.reachesOut(domain, shape[shape.length - 1])(support) ? undefined
    : { tag: 'OutsideDomain', got: `${dist.family}, whose values are ${Dist.Supports.show(support)}`, need: Dist.Supports.domainText(domain), hint: FITTING[domain] }
}

/** A point estimate can take any real value: it can't stand where only some are allowed. */
export const freeProblem = (domain: Domain, t: Tensor): Problem | undefined =>
  t.op !== 'param' || domain === 'real' || domain === 'extended' ? undefined
  : {
      tag: 'OutsideDomain', got: 'a point estimate, which can take any real value', need: `values in the domain '${domain}'`,
      hint: domain === 'positive' ? 'learn its logarithm: Spec.exp(Spec.learn(0))' : domain === 'probability' ? 'learn its logit: Spec.sigmoid(Spec.learn(0))' : 'map it into the domain by an op such as Spec.softmax'
    }

/** Do the constant bounds of a support leave room between them? */
export const boundsProblem = (s: Support): Problem | undefined => {
  if (s._tag !== 'Interval') return undefined
  const width = Dist.constantOf(B.sub(s.upper, s.lower))
  return width === undefined || width.data.every((w) => w > 0) ? undefined
    : { tag: 'OutsideDomain', got: `an interval ${Dist.Supports.show(s)}`, need: 'a lower bound below the upper bound', hint: 'exchange the bounds or move one' }
}

const badInit = (got: string, need: string, hint: string): Problem => ({ tag: 'BadInit', got, need, hint })

/** Is it a problem rather than a start? */
export const isProblem = (x: Init | Problem): x is Problem => 'got' in x

/** Inputs and outputs that a parameter joins. */
export interface Fan {
  readonly fanIn: number
  readonly fanOut: number
}

/** Where a variable starts, or what is wrong with that; a point estimate has no distribution. May throw where a user's function throws. */
export const startOf = (init: InitField, shape: FixedShape, fan: Fan, dist: Dist.Dist | undefined): Init | Problem => {
  const support = dist === undefined ? Dist.Supports.real : Dist.support(dist)
  if (isInitialiser(init)) {
    const at = startAt(init, { shape, ...fan })
    return !('_tag' in at) ? badInit(at.got, at.need, at.hint)
      : at._tag === 'Constant' && dist !== undefined ? inside(new Float64Array(Ext.size(shape) as number).fill(at.value), shape, support)
      : at
  }
  if (init === 'prior') {
    if (dist === undefined) return badInit("'prior' for a point estimate, which has no prior", 'a number, numbers or an initialiser', 'give Spec.learn(0), say')
    const c = Dist.constantOf(B.broadcastTo(Dist.center(dist, shape), shape))
    if (c !== undefined) {
      const at = inside(c.data, shape, support)
      return isProblem(at) ? middle(shape, support) ?? at : at
    }
    return badInit("withInit('prior') where the prior's centre depends on other variables", 'a prior with fixed parameters', 'give the start as numbers')
  }
  const given: unknown = typeof init === 'function' ? init([...shape]) : init
  // A point estimate has no spread that a scale could be told for, and its array may be large.
  if (dist === undefined && Number.isFinite(given)) return { _tag: 'Constant', value: given as number, scale: 1 }
  if (!isNumbers(given)) return badInit(`withInit ${describe(given)}`, "a number, numbers of the variable's shape, a function that gives them, an initialiser, or 'prior'", 'give numbers')
  const t = constant(given)
  if (E.isLeft(t.type)) return badInit(t.type.left[0].got, t.type.left[0].need, t.type.left[0].hint)
  const data = t.attrs['data']
  if (Ext.sameShape(t.type.right.shape, shape) && ArrayBuffer.isView(data)) {
    const at = inside(data as Float32Array, shape, support), scale = (given as Partial<Scaled>).scale
    return isProblem(at) || at._tag !== 'Value' || scale === undefined ? at : { ...at, scale }
  }
  const wide = Dist.constantOf(B.broadcastTo(B.float(t), shape))
  return wide === undefined
    ? badInit(`a start of shape ${Ext.showShape(t.type.right.shape)}`, `numbers that broadcast to the variable's shape ${Ext.showShape(shape)}`, 'give one number, or numbers of that shape')
    : inside(wide.data, shape, support)
}

/** The image of 0: equal shares, the identity, 1; for priors whose centre has no closed form. */
const middle = (shape: FixedShape, support: Support): Init | undefined => {
  const bijector = Dist.Supports.bijectorOf(support)
  const c = Dist.constantOf(B.broadcastTo(Dist.Bijectors.forward(bijector)(B.full(Dist.Bijectors.freeShape(bijector)(shape), 0)), shape))
  const at = c === undefined ? undefined : inside(c.data, shape, support)
  return at === undefined || isProblem(at) ? undefined : at
}

const isNumbers = (x: unknown): x is Parameters<typeof constant>[0] => {
  const deep = (v: unknown): boolean => typeof v === 'number' || (Array.isArray(v) && v.every(deep))
  const typed = x as { readonly shape?: unknown; readonly data?: unknown } | null
  return deep(x) || (typeof typed === 'object' && typed !== null && Array.isArray(typed.shape) && ArrayBuffer.isView(typed.data))
}

const inside = (data: ArrayLike<number>, shape: FixedShape, support: Support): Init | Problem => {
  const need = Dist.Supports.startProblem(support)
  const bad = Array.from(data).find((x) => need(x) !== undefined)
  if (bad !== undefined) return outside(String(bad), need(bad) ?? '', support)
  return isReached(data, shape, support) ? { _tag: 'Value', shape, data } : outside('these numbers', 'numbers that belong together', support)
}

const outside = (got: string, need: string, support: Support): Problem =>
  badInit(`a start at ${got}`, `${need}, inside the support ${Dist.Supports.show(support)}`, 'start inside the support of the prior, in its own units')

/** Vectors and matrices are inside or outside as wholes: then each is the image of a point of the reals. */
const isReached = (data: ArrayLike<number>, shape: FixedShape, support: Support): boolean => {
  const bijector = Dist.Supports.bijectorOf(support)
  if (Dist.Bijectors.eventRank(bijector) === 0) return true
  const x = B.array(Float64Array.from(data), shape)
  const all = (t: Tensor, f: (v: number) => boolean): boolean => Dist.constantOf(t)?.data.every(f) ?? false
  return all(B.float(Dist.Supports.contains(support)(x)), (v) => v === 1) && all(Dist.Bijectors.inverse(bijector)(x), Number.isFinite)
}
